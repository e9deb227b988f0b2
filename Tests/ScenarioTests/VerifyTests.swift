import Foundation
import Testing
import Yams

/// `firedrill verify`: what a CI pipeline calls with the files of somebody whom nobody has met.
extension ScenarioTests {
  @Suite(.serialized) struct VerifyTests {
    private static let scenario = "one-bad-instance"

    @Test func aGoodLabPassesInAPipeline() throws {
      try Submission.with { lab in
        try lab.repair()
        let result = try lab.run(Pipeline.github(share: lab.cli.share))
        #expect(result.status == 0, "\(result.out)\n\(result.errors)")
        #expect(try lab.verdict()["verdict"] as? String == "passed")
        #expect(try lab.report("junit.xml").contains("failures=\"0\" errors=\"0\""))
        let summary = try lab.report("summary.md")
        #expect(summary.contains("✅ passed"))
        #expect(summary.contains("- \(Self.scenario): firedrill-reports/evidence/\(Self.scenario)/latency.svg, "))
        #expect(try lab.text("page.md") == summary)
        let evidence = lab.path("firedrill-reports/evidence/\(Self.scenario)")
        #expect(try lab.cli.run("regrade", evidence).status == 0)
        for picture in ["latency.svg", "errors.svg"] {
          #expect(FileManager.default.fileExists(atPath: "\(evidence)/\(picture)"))
        }
        // The same folder again would hold another verdict's evidence.
        let again = try lab.cli.run(
          "verify", Self.scenario, "--lab", lab.folder, "--evidence", lab.path("firedrill-reports/evidence"))
        #expect(again.status == 64 && again.errors.contains("already holds evidence"), "\(again.errors)")
      }
    }

    @Test func aBadLabFailsInEveryReport() throws {
      try Submission.with { lab in
        try "before\n".write(toFile: lab.path("page.md"), atomically: true, encoding: .utf8)
        let result = try lab.run(Pipeline.github(share: lab.cli.share))
        #expect(result.status == 1, "\(result.out)\n\(result.errors)")
        let verdict = try lab.verdict()
        #expect(verdict["verdict"] as? String == "failed")
        #expect(lab.reasons(verdict).contains("instance_refuses"))
        #expect(try lab.report("junit.xml").contains("<failure type=\"instance_refuses\""))
        let page = try lab.text("page.md")
        #expect(page.hasPrefix("before\n### Firedrill") && page.contains("\n```text\np99      |"), "\(page)")
        // Between these two lines nothing is an order.
        let stop = try #require(result.out.firstMatch(of: /^::stop-commands::(firedrill-[0-9]+)\n/))
        let go = try #require(result.out.firstRange(of: "\n::\(stop.1)::\n"))
        let order = "\n::error file=lab/compose.yaml,title=one-bad-instance%3A "
        #expect(try #require(result.out.firstRange(of: order)).lowerBound >= result.out.index(before: go.upperBound))
      }
    }

    /// All pipelines call the same script; files that are refused at once show that they do, from where the labs are
    /// and to where the reports shall be.
    @Test(arguments: Pipeline.systems) func everyPipelineReportsABadLab(_ system: String) throws {
      try Submission.with { lab in
        try lab.write("judge.yaml", "services: {}\n")
        try FileManager.default.createDirectory(atPath: lab.path("labs"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: lab.folder, toPath: lab.path("labs/\(Self.scenario)"))
        let settings = ["FIREDRILL_LABS": "labs", "FIREDRILL_REPORTS": "kept/here"]
        let pipeline = try Pipeline.of(system, share: lab.cli.share, settings)
        let result = try lab.run(pipeline)
        #expect(result.status == 1, "\(result.out)\n\(result.errors)")
        #expect(!result.errors.contains("once more"), "\(result.errors)")
        #expect(lab.reasons(try lab.verdict(of: lab.text("kept/here/verdicts.json"))) == ["files_refused"])
        #expect(try lab.text("kept/here/junit.xml").contains("<failure type=\"files_refused\""))
        #expect(!pipeline.collected.isEmpty)
        for path in pipeline.collected {
          #expect(path.hasPrefix("kept/here") && FileManager.default.fileExists(atPath: lab.path(path)), "\(path)")
        }
        #expect(!FileManager.default.fileExists(atPath: lab.path("firedrill-reports")))
        // The file that is named is one that the repository has.
        let order = "\n::error file=labs/\(Self.scenario)/compose.yaml,title="
        #expect(result.out.contains(order) == (system == "github"), "\(result.out)")
      }
    }

    /// Artifacts of one workflow run must not have one name.
    @Test func theActionsArtifactCanBeNamed() throws {
      let share = try CLI().share
      #expect(try Pipeline.github(share: share).artifact == "firedrill")
      #expect(try Pipeline.github(share: share, inputs: ["artifact": "firedrill-2"]).artifact == "firedrill-2")
    }

    /// The examples are copied as they stand.
    @Test func theExamplesFitWhatIsGivenOut() throws {
      let folder = try CLI().share + "/compose/ci/"
      let readme = try String(contentsOfFile: folder + "README.md", encoding: .utf8)
      let examples = try readme.matches(of: /(?s)```yaml\n(.*?)```/).map { match in
        try #require(try Yams.load(yaml: String(match.1)) as? [String: Any])
      }
      try #require(examples.count == 2)
      let jobs = try #require(examples[0]["jobs"] as? [String: [String: Any]])
      let steps = try #require(jobs["repair"]?["steps"] as? [[String: Any]])
      let own = try #require(steps.first { ($0["uses"] as? String) == "OWNER/REPO/compose/ci@TAG" })
      let given = try #require(own["with"] as? [String: String])
      let action = try Pipeline.github(share: CLI().share, inputs: given)
      #expect(action.environment["FIREDRILL_SCENARIOS"] == "${{ matrix.scenario }}")
      #expect(try #require(action.artifact).contains("matrix.scenario"), "each of a matrix has an artifact of its own")
      let job = try #require(examples[1]["repair"] as? [String: Any])
      #expect(job["extends"] as? String == ".firedrill")
      // Every setting that is named is one that the script reads, and the other way round.
      let script = try String(contentsOfFile: folder + "verify", encoding: .utf8)
      func settings(_ text: String) -> Set<String> {
        Set(text.matches(of: /FIREDRILL_[A-Z]+/).map { String($0.0) }).subtracting(["FIREDRILL_HOME"])
      }
      let table = readme.matches(of: /(?m)^\| `(FIREDRILL_[A-Z]+)`/).map { String($0.1) }
      #expect(Set(table) == settings(script))
      let variables = try #require(job["variables"] as? [String: String])
      #expect(settings(script).isSuperset(of: variables.keys), "\(variables)")
    }

    /// Trouble of the machine's says nothing about a repair: it is no failure in any report, and is tried again. Here
    /// no lab can be laid out, for there is no folder for temporary files.
    @Test(arguments: Pipeline.systems) func whatCouldNotBeToldIsTriedAgain(_ system: String) throws {
      try Submission.with { lab in
        for (again, tries) in [(nil, 2), ("0", 1), ("2", 3)] {
          let settings = again.map { ["FIREDRILL_AGAIN": $0] } ?? [:]
          try "".write(toFile: lab.path("page.md"), atomically: true, encoding: .utf8)
          let result = try lab.run(
            try Pipeline.of(system, share: lab.cli.share, settings), scenarios: "\(Self.scenario) stale-reads",
            temporary: lab.path("nowhere"))
          #expect(result.status == 3, "\(result.out)\n\(result.errors)")
          #expect(result.errors.components(separatedBy: "trying again").count == tries, "\(result.errors)")
          let xml = try lab.report("junit.xml")
          #expect(xml.contains("<testsuites tests=\"2\" failures=\"0\" errors=\"2\" skipped=\"0\">"), "\(xml)")
          #expect(xml.contains("<error type=\"not_tried\"") && !xml.contains("<failure"), "\(xml)")
          // One summary, of the last try.
          #expect(try lab.text("page.md") == lab.report("summary.md"))
          #expect(try lab.report("summary.md").contains("❔ inconclusive"))
        }
      }
    }

    /// What the repository itself has put where the reports go is not taken for ours.
    @Test func plantedReportsAreGone() throws {
      try Submission.with { lab in
        try lab.write("judge.yaml", "services: {}\n")
        let evidence = lab.path("firedrill-reports/evidence/\(Self.scenario)")
        try FileManager.default.createDirectory(atPath: evidence, withIntermediateDirectories: true)
        for name in ["verdicts.json", "junit.xml", "summary.md", "evidence/\(Self.scenario)/history.jsonl"] {
          try "passed".write(toFile: lab.path("firedrill-reports/" + name), atomically: true, encoding: .utf8)
        }
        let pipeline = try Pipeline.gitlab(share: lab.cli.share)
        #expect(try lab.run(pipeline).status == 1)
        #expect(lab.reasons(try lab.verdict()) == ["files_refused"])
        // Nor is a setting that is missing a reason to pass, or to publish what somebody has left.
        let junit = lab.path("firedrill-reports/junit.xml")
        try "passed".write(toFile: junit, atomically: true, encoding: .utf8)
        let unnamed = try lab.run(pipeline, scenarios: "")
        #expect(unnamed.status == 64 && unnamed.errors.contains("FIREDRILL_SCENARIOS is not set"), "\(unnamed.errors)")
        #expect(!FileManager.default.fileExists(atPath: junit))
        try FileManager.default.removeItem(atPath: lab.path("firedrill-reports"))
        let elsewhere = lab.path("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        symlink(elsewhere, lab.path("firedrill-reports"))
        let linked = try lab.run(pipeline)
        #expect(linked.status == 64 && linked.errors.contains("is a link"), "\(linked.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
        // Where no reports can be, it is not the repair that failed.
        try FileManager.default.removeItem(atPath: lab.path("firedrill-reports"))
        try "".write(toFile: lab.path("firedrill-reports"), atomically: true, encoding: .utf8)
        for reports in ["firedrill-reports", "firedrill-reports/inside"] {
          let blocked = try lab.run(Pipeline.gitlab(share: lab.cli.share, ["FIREDRILL_REPORTS": reports]))
          #expect(blocked.status == 64 && blocked.errors.contains("verify: "), "\(blocked.errors)")
        }
        // Nor where firedrill is there, and what would load it is not.
        try FileManager.default.createDirectory(atPath: lab.path("bin"), withIntermediateDirectories: true)
        try "#!/nowhere\n".write(toFile: lab.path("bin/firedrill"), atomically: true, encoding: .utf8)
        chmod(lab.path("bin/firedrill"), 0o755)
        let search = lab.path("bin") + ":/usr/bin:/bin"
        let broken = try lab.run(
          Pipeline.gitlab(share: lab.cli.share, ["FIREDRILL_REPORTS": "reports", "PATH": search]))
        #expect(broken.status == 69, "\(broken.errors)")
        let wrong = try lab.run(
          Pipeline.gitlab(share: lab.cli.share, ["FIREDRILL_AGAIN": "often", "FIREDRILL_REPORTS": "reports"]))
        #expect(wrong.status == 64 && wrong.errors.contains("a number from 0 to 9"), "\(wrong.errors)")
      }
    }

    /// A runner that is cancelled sends one signal, and looks for nothing that is left.
    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalInTheGradeLeavesNothing(_ number: Int32) throws {
      try Submission.with("stale-reads") { lab in
        // One of them to what a pipeline runs: it passes it on.
        let verifying =
          number == SIGTERM
          ? try lab.launch(Pipeline.github(share: lab.cli.share))
          : try lab.cli.launch(["verify", "stale-reads", "--plain", "--lab", lab.folder])
        try eventually(within: 60, "the grade is under way") { verifying.errors.contains("trial ") }
        kill(verifying.process.processIdentifier, number)
        let result = try verifying.wait(30)
        #expect(result.status == 130, "\(result.errors)")
      }
    }

    /// Then files are not to blame. What stood in the way is told of both: of those handed in, and of the untouched.
    @Test func whereNoLabGetsHealthyBothReasonsAreTold() throws {
      let home = try TestHome()
      let cli = try CLI(home: home)
      let folder = "\(home.path)/submission"
      let copied = try cli.launch(["-a", cli.share + "/compose/lab", folder], program: "/bin/cp").wait(10)
      try #require(copied.status == 0, "\(copied.errors)")
      let untouched = "\(home.path)/Chaos/\(TestHome.scenario)/lab"
      for (lab, program) in [(folder, "door-of-theirs"), (untouched, "door-of-ours")] {
        let text = try String(contentsOfFile: untouched + "/compose.yaml", encoding: .utf8)
        let command = "[\"fleet\", \"gateway\"]"
        try #require(text.contains(command))
        try text.replacing(command, with: "[\(program)]").write(
          toFile: lab + "/compose.yaml", atomically: true, encoding: .utf8)
      }
      let result = try cli.run("verify", TestHome.scenario, "--json", "--lab", folder)
      #expect(result.status == 3, "\(result.out)\n\(result.errors)")
      for words in ["no lab gets healthy here", "door-of-theirs", "door-of-ours"] {
        #expect(result.out.contains(words), "\(result.out)")
      }
    }

    @Test func wrongWordsAreUsageErrors() throws {
      try Submission.with { lab in
        #expect(try lab.cli.run("verify", "--lab", lab.folder).status == 64)
        #expect(try lab.cli.run("verify", Self.scenario, "--all", "--lab", lab.folder).status == 64)
        #expect(try lab.cli.run("verify", "one-bad-instnace", "--lab", lab.folder).errors.contains("did you mean"))
        #expect(try lab.cli.run("verify", Self.scenario, "--lab", lab.path("nowhere")).status == 64)
        #expect(try lab.cli.run("verify", Self.scenario, "--lab", lab.folder, "--fleet", "/etc/passwd").status == 64)
        try FileManager.default.removeItem(atPath: lab.folder + "/compose.yaml")
        let result = try lab.cli.run("verify", Self.scenario, "--lab", lab.folder)
        #expect(result.status == 64 && result.errors.contains("no compose.yaml"), "\(result.errors)")
      }
    }
  }
}

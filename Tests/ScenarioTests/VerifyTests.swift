import Foundation
import Testing
import Yams

/// `firedrill verify`: what a CI pipeline calls with the files of somebody whom nobody has met.
extension ScenarioTests {
  @Suite(.serialized) struct VerifyTests {
    private static let scenario = "one-bad-instance"

    /// With services of a build of their own: the shop runs it, and what judges doesn't.
    @Test func aGoodLabPassesInAPipeline() throws {
      try Submission.with { lab in
        try lab.repair()
        let (own, installed) = try lab.buildOwnFleet(lab.path("fleet"))
        let inputs = ["fleet": lab.path("fleet")]
        let verifying = try lab.launch(Pipeline.github(share: lab.cli.share, inputs: inputs))
        try eventually(within: 60, "the shop runs what was handed in") {
          let running = lab.runningServices()
          return ["gateway", "inventory", "order", "payment"].allSatisfy { running[$0] == [own] }
        }
        #expect(lab.runningServices()["provider"] == Set([installed]))
        let result = try verifying.wait(120)
        #expect(result.status == 0, "\(result.out)\n\(result.errors)")
        #expect(try lab.verdict()["verdict"] as? String == "passed")
        let junit = try lab.report("junit.xml")
        #expect(junit.contains("failures=\"0\" errors=\"0\""))
        let summary = try lab.report("summary.md")
        #expect(summary.contains("✅ passed"))
        // What a pipeline has to wait for, in both reports.
        let suite = try #require(junit.firstMatch(of: /<testsuite [^>]*time="([0-9.]+)"/), "\(junit)")
        let seconds = try #require(Double(suite.1))
        // It may take 45 s; `certify` measures that. A machine at work may take twice as long.
        #expect(seconds > 10 && seconds <= 90)
        #expect(summary.contains("| \((seconds * 10).rounded() / 10) |\n"), "\(seconds): \(summary)")
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

    /// `all` stands for each that has a folder of its name. What is wrong is worse than what could not be told: files
    /// that are refused are before there is need of a folder for temporary files, which is nowhere.
    @Test func ofAllThatAreThereTheWorstCounts() throws {
      try Submission.with { lab in
        let files = FileManager.default
        let (ids, labs) = ([Self.scenario, "stale-reads"], lab.path("labs"))
        try files.createDirectory(atPath: labs, withIntermediateDirectories: true)
        for name in ids + ["no-scenario"] { try files.copyItem(atPath: lab.folder, toPath: "\(labs)/\(name)") }
        func spoil(_ id: String) throws {
          try "services: {}\n".write(toFile: "\(labs)/\(id)/judge.yaml", atomically: true, encoding: .utf8)
        }
        func mend(_ id: String) throws { try files.removeItem(atPath: "\(labs)/\(id)/judge.yaml") }
        func outcomes(_ text: String) throws -> [String] {
          let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
          let each = try #require(json?["verdicts"] as? [[String: Any]], "\(text)")
          let all = try #require(json?["verdict"] as? String)
          return [all] + each.map { "\($0["scenario"] ?? "") \($0["verdict"] ?? "")" }
        }
        for id in ids { try spoil(id) }
        let both = try lab.cli.run("verify", "--all", "--json", "--lab", labs)
        #expect(both.status == 1, "\(both.errors)")
        #expect(try outcomes(both.out) == ["failed"] + ids.map { "\($0) failed" })
        let pipeline = try Pipeline.gitlab(
          share: lab.cli.share, ["FIREDRILL_LABS": "labs", "FIREDRILL_AGAIN": "0"])
        func verify() throws -> CLI.Result {
          try lab.run(pipeline, scenarios: "all", temporary: lab.path("nowhere"))
        }
        for id in ids {
          try mend(id)
          let mixed = try verify()
          #expect(mixed.status == 1, "\(mixed.errors)")
          let each = ids.map { "\($0) \($0 == id ? "inconclusive" : "failed")" }
          #expect(try outcomes(lab.report("verdicts.json")) == ["failed"] + each)
          let counts = "<testsuites tests=\"2\" failures=\"1\" errors=\"1\" skipped=\"0\">"
          #expect(try lab.report("junit.xml").contains(counts))
          try spoil(id)
        }
        for id in ids { try mend(id) }
        #expect(try verify().status == 3)
        #expect(try outcomes(lab.report("verdicts.json")).first == "inconclusive")
        let none = try lab.cli.run("verify", "--all", "--lab", lab.folder)
        #expect(none.status == 64 && none.errors.contains("no folder with a scenario's name"), "\(none.errors)")
      }
    }

    /// In the midst of a grade, with users at work whom it goes on serving: nothing was wrong until then, and nobody
    /// knows what was afterwards.
    @Test func aGraderThatIsShutOutOfTheDatabaseCannotTell() throws {
      try Submission.with("deadlock") { lab in
        try lab.repair()
        let verifying = try lab.cli.launch([
          "verify", lab.scenario, "--plain", "--lab", lab.folder, "--junit", lab.path("junit.xml"),
        ])
        try eventually(within: 60, "users come") { verifying.errors.contains("users for ") }
        let fresh = try #require(lab.verifiedLab)
        func sql(_ texts: String...) throws -> CLI.Result {
          let commands = texts.flatMap { ["-c", $0] }
          return try lab.cli.launch(["psql", "--lab", fresh, "--", "-d", "orders", "-XAt"] + commands).wait(20)
        }
        try eventually(within: 30, "they order") {
          try sql("SELECT count(*) > 3 FROM orders.orders").out == "t\n"
        }
        // The judge's role; services have roles of their own.
        let shut = try sql(
          "ALTER ROLE postgres NOLOGIN",
          """
          SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
          WHERE usename = 'postgres' AND pid <> pg_backend_pid()
          """)
        #expect(shut.out == "ALTER ROLE\nt\n", "\(shut.errors)")
        let result = try verifying.wait(120)
        #expect(result.status == 3, "\(result.out)\n\(result.errors)")
        let xml = try lab.text("junit.xml")
        #expect(xml.contains("<error type=\"probe_dead\"") && !xml.contains("<failure"), "\(xml)")
        #expect(xml.contains("name=\"users-are-served\" time=\"0\"/>"), "\(xml)")
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

    /// One scenario has its report as several have.
    @Test func aMachineThatRefusesIsReported() throws {
      try Submission.with { lab in
        let pipeline = try Pipeline.gitlab(share: lab.cli.share, ["FIREDRILL_AGAIN": "0"])
        let result = try lab.run(pipeline, temporary: lab.path("nowhere"))
        #expect(result.status == 3, "\(result.errors)")
        let xml = try lab.report("junit.xml")
        #expect(xml.contains("<error type=\"not_tried\"") && !xml.contains("<failure"), "\(xml)")
        #expect(xml.contains("cannot make a temporary folder in ") && xml.contains("nowhere"), "\(xml)")
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

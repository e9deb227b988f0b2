import Foundation
import Testing

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
        #expect(try lab.report("summary.md").contains("✅ passed"))
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
        #expect(try lab.text("page.md").hasPrefix("before\n### Firedrill"))
        // Between these two lines nothing is an order.
        let stop = try #require(result.out.firstMatch(of: /^::stop-commands::(firedrill-[0-9]+)\n/))
        let go = try #require(result.out.firstRange(of: "\n::\(stop.1)::\n"))
        let order = "\n::error file=lab/compose.yaml,title=one-bad-instance%3A "
        #expect(try #require(result.out.firstRange(of: order)).lowerBound >= result.out.index(before: go.upperBound))
      }
    }

    /// The other pipelines call the same script; files that are refused at once show that they do.
    @Test(arguments: ["gitlab", "jenkins"]) func everyPipelineReportsABadLab(_ system: String) throws {
      try Submission.with { lab in
        try lab.write("judge.yaml", "services: {}\n")
        let share = lab.cli.share
        let result = try lab.run(system == "gitlab" ? Pipeline.gitlab(share: share) : Pipeline.jenkins(share: share))
        #expect(result.status == 1, "\(result.out)\n\(result.errors)")
        #expect(lab.reasons(try lab.verdict()) == ["files_refused"])
        #expect(try lab.report("junit.xml").contains("<failure type=\"files_refused\""))
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
        // Nor is a setting that is missing a reason to pass.
        let unnamed = try lab.run(pipeline, scenarios: "")
        #expect(unnamed.status == 64 && unnamed.errors.contains("FIREDRILL_SCENARIOS is not set"), "\(unnamed.errors)")
        try FileManager.default.removeItem(atPath: lab.path("firedrill-reports"))
        let elsewhere = lab.path("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        symlink(elsewhere, lab.path("firedrill-reports"))
        let linked = try lab.run(pipeline)
        #expect(linked.status == 64 && linked.errors.contains("is a link"), "\(linked.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
      }
    }

    /// A runner that is cancelled sends one signal, and looks for nothing that is left.
    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalInTheGradeLeavesNothing(_ number: Int32) throws {
      try Submission.with("stale-reads") { lab in
        let verifying = try lab.cli.launch(["verify", "stale-reads", "--plain", "--lab", lab.folder])
        try eventually(within: 60, "the grade is under way") { verifying.errors.contains("trial ") }
        kill(verifying.process.processIdentifier, number)
        let result = try verifying.wait(30)
        #expect(result.status == 130, "\(result.errors)")
      }
    }

    /// Then files are not to blame. What stood in the way is told of both: of those handed in, and of the untouched ones.
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

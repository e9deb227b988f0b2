import Foundation
import Testing

/// The proof of the grader: what must fail fails for its own reason, what must pass passes at its tier.
extension ScenarioTests {
  @Suite(.serialized) struct VerdictTests {
    /// The verdict's JSON, and the reasons of the violated checks by the check's id.
    private func grade(_ cli: CLI, _ arguments: String...) throws -> (
      status: Int32, verdict: [String: Any], violated: [String: String]
    ) {
      let result = try cli.launch(["grade", "--json"] + arguments).wait(120)
      let value = try? JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any]
      let verdict = try #require(value, "\(result.out)\n\(result.errors)")
      let checks = try #require(verdict["checks"] as? [[String: Any]])
      var violated: [String: String] = [:]
      for check in checks where check["status"] as? String == "violated" {
        if let id = check["id"] as? String { violated[id] = check["reason"] as? String }
      }
      return (result.status, verdict, violated)
    }

    @Test func nothingDoneFailsAndRegradesToTheSameVerdict() throws {
      let cli = try CLI()
      try cli.withLab("one-bad-instance") {
        let first = try grade(cli)
        #expect(first.status == 1)
        #expect(first.verdict["verdict"] as? String == "failed")
        #expect(first.verdict["tier"] as? String == "none")
        #expect(first.violated["every-instance-serves"] == "instance_refuses")
        let evidence = try #require(first.verdict["evidence"] as? String)
        let again = try cli.run("regrade", evidence, "--json")
        #expect(again.status == 1, "\(again.errors)")
        let saved = try String(contentsOfFile: evidence + "/verdict.json", encoding: .utf8)
        #expect(again.out.trimmingCharacters(in: .newlines) == saved.trimmingCharacters(in: .newlines))
        try editedEvidenceIsRefused(cli, evidence)
      }
    }

    private func editedEvidenceIsRefused(_ cli: CLI, _ evidence: String) throws {
      let history = evidence + "/history.jsonl"
      let text = try String(contentsOfFile: history, encoding: .utf8)
      try String(text.dropLast(200)).write(toFile: history, atomically: true, encoding: .utf8)
      let result = try cli.run("regrade", evidence)
      #expect(result.status == 3)
      #expect(result.errors.contains("history.jsonl"), "\(result.errors)")
    }

    @Test(arguments: try Decoy.all())
    func decoysFailForTheirReason(_ decoy: Decoy) throws {
      let cli = try CLI()
      try cli.withLab(decoy.scenario) {
        let done = try cli.script(decoy.text)
        try #require(done.status == 0, "\(decoy.id): \(done.out) \(done.errors)")
        let graded = try grade(cli)
        #expect(graded.status == 1, "\(decoy.id): \(graded.verdict)")
        #expect(graded.violated[decoy.check] == decoy.reason, "\(decoy.id): \(graded.violated)")
      }
    }

    @Test(arguments: try Fix.all())
    func fixesOfTheRunbookReachTheirTier(_ fix: Fix) throws {
      let cli = try CLI()
      try cli.withLab(fix.scenario) {
        let done = try cli.run("runbook", "--run", fix.name)
        try #require(done.status == 0, "\(fix.name): \(done.out) \(done.errors)")
        let graded = try grade(cli, "--require", fix.tier)
        #expect(graded.status == 0, "\(fix.name): \(graded.violated) \(graded.verdict)")
        #expect(graded.verdict["tier"] as? String == fix.tier, "\(fix.name): \(graded.violated)")
      }
    }

    /// Prevention is the runbook's own: a repair, its alert and its gate.
    @Test func theRunbooksPreventionsReachTheHighestTier() throws {
      let cli = try CLI()
      try cli.withLab("one-bad-instance") {
        for name in ["cap-300", "alert", "preflight"] {
          let done = try cli.run("runbook", "--run", name)
          try #require(done.status == 0, "\(name): \(done.out) \(done.errors)")
        }
        let graded = try grade(cli, "--require", "prevented")
        #expect(graded.status == 0, "\(graded.violated) \(graded.verdict)")
        #expect(graded.verdict["tier"] as? String == "prevented")
      }
    }
  }
}

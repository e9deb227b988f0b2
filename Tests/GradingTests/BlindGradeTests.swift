import DrillCore
import Foundation
import TestFiles
import Testing

@testable import Grading

/// What a grade says about a lab whose failure is to be found.
@Suite struct BlindGradeTests {
  @Test func aFaultIsAnnouncedByItsNameOnlyWhereTheNameIsKnown() {
    let parameters = ["host": "postgres-replica", "from_ms": "600"]
    let open = TrialContext.announcement(of: "replay-lag", parameters, isBlind: false)
    #expect(open == "injecting replay-lag: from_ms 600, host postgres-replica")
    let blind = TrialContext.announcement(of: "replay-lag", parameters, isBlind: true)
    #expect(blind == "injecting a fault")
  }

  @Test func thereAreScenarios() { #expect(Repository.scenarios.count >= 6) }

  @Test(arguments: Repository.scenarios, ["verified", "unverified"])
  func aVerdictNamesNoFault(id: String, action: String) throws {
    let scenario = try ScenarioFile.load("\(Repository.root)/Chaos/\(id)/scenario.yaml")
    var history = History()
    for (index, trial) in scenario.trials.enumerated() {
      let begin = Int64(index) * 100
      for step in ["inject", action] {
        history.addFault(
          "replay-lag", step, at: begin + 1,
          parameters: ["trial": trial.name, "detail": "replay-lag of postgres-replica was looked for"])
      }
      history = history.phase(trial.name, from: begin, to: begin + 50)
    }
    let record = GradeRecord(
      scenario: "incident-1", seed: 1, engine: "process", required: .resolved, evidence: "e", startedAt: 1, blind: true)
    let verdict = Judgement.verdict(scenario, history, record)
    let findings = verdict.checks.filter { check in
      scenario.checks.contains { $0.id == check.id && $0.kind == "fault-took-effect" }
    }
    #expect(!findings.isEmpty)
    for finding in findings.map(\.finding) {
      #expect(finding.status == (action == "verified" ? .met : .inconclusive))
      #expect(!finding.observed.isEmpty)
    }
    let texts = [
      verdict.json, JUnitReport.xml([ReportedGrade(verdict, required: .resolved)]),
      TextReport.text(verdict, required: .resolved, explain: true),
    ]
    for text in texts {
      for word in ["replay-lag", "postgres-replica", "\"\(id)\"", "Runbooks/", scenario.title] {
        #expect(!text.contains(word), "\(word): \(text)")
      }
    }
    // Whoever knows what it is reads it all.
    var open = record
    open.blind = nil
    #expect(Judgement.verdict(scenario, history, open).json.contains("replay-lag"))
  }
}

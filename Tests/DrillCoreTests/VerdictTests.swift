import DrillCore
import Foundation
import Testing

@Suite struct VerdictTests {
  private func result(_ tier: Tier, _ status: Finding.Status) -> CheckResult {
    let finding = Finding(status: status, reason: status == .met ? nil : "r", observed: "o", expected: "e")
    return CheckResult(id: "c", tier: tier, finding: finding, runbook: "R.md#x")
  }

  private func verdict(_ checks: [CheckResult], required: Tier = .resolved) -> Verdict {
    Verdict(
      scenario: "s", seed: .max, engine: "process", required: required, checks: checks, load: .init(), evidence: "e")
  }

  @Test func tiersAreReachedFromBelow() {
    #expect(verdict([result(.mitigated, .met)]).tier == .mitigated)
    #expect(verdict([result(.resolved, .met)]).tier == .none)
    #expect(verdict([result(.mitigated, .violated), result(.resolved, .met)]).tier == .none)
    let all = [Tier.mitigated, .resolved, .prevented].map { result($0, .met) }
    #expect(verdict(all).tier == .prevented)
    #expect(verdict([]).tier == .none)
  }

  @Test func theWorstFindingWins() {
    #expect(verdict([result(.mitigated, .inconclusive), result(.mitigated, .violated)]).verdict == .failed)
    #expect(verdict([result(.mitigated, .met), result(.resolved, .inconclusive)]).verdict == .inconclusive)
    #expect(verdict([result(.mitigated, .met), result(.resolved, .met)]).verdict == .passed)
  }

  @Test func higherTiersThanRequiredFailNothing() {
    let checks = [result(.mitigated, .met), result(.resolved, .met), result(.prevented, .violated)]
    #expect(verdict(checks).verdict == .passed)
    #expect(verdict(checks).tier == .resolved)
    #expect(verdict(checks, required: .prevented).verdict == .failed)
  }

  @Test func silenceNeverPasses() {
    #expect(verdict([]).verdict == .inconclusive)
    #expect(verdict([result(.mitigated, .met)]).verdict == .inconclusive)
    #expect(verdict([result(.mitigated, .met)], required: .mitigated).verdict == .passed)
  }

  @Test func jsonIsTheContract() throws {
    let text = verdict([result(.mitigated, .violated)]).json
    let expected = """
      {
        "schema": 1,
        "scenario": "s",
        "seed": 18446744073709551615,
        "engine": "process",
        "verdict": "failed",
        "tier": "none",
        "checks": [
          {
            "id": "c",
            "tier": "mitigated",
            "status": "violated",
            "reason": "r",
            "observed": "o",
            "expected": "e",
            "runbook": "R.md#x"
          }
        ],
        "load": {
          "scheduled": 0,
          "sent": 0,
          "answered": 0,
          "ok": 0,
          "dropped": 0
        },
        "evidence": "e"
      }

      """
    #expect(text == expected)
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  }

  @Test func textIsQuotedAsJSONWantsIt() throws {
    let nasty = "a\"b\\c\n\r\t\u{1}\u{1F}é🛠"
    let back = try JSONDecoder().decode([String].self, from: Data("[\(OrderedJSON.quoted(nasty))]".utf8))
    #expect(back == [nasty])
  }

  private struct Broken: Check {
    struct Trouble: Error {}
    let id = "broken"
    let tier = Tier.mitigated
    let section = "verify"
    func evaluate(_ history: History) throws -> Finding { throw Trouble() }
  }

  @Test func anErrorInACheckIsInconclusive() {
    let result = CheckResult(of: Broken(), on: History(), runbook: "R.md")
    #expect(result.finding.status == .inconclusive)
    #expect(result.finding.reason == "check_error")
    #expect(result.runbook == "R.md#verify")
  }
}

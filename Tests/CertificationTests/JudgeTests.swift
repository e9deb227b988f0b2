import DrillCore
import Testing

@testable import Certification

/// What a cell makes of an exit code and a verdict.
@Suite struct JudgeTests {
  static func verdict(_ value: String, tier: String = "none", _ checks: String = "", schema: Int = 1) -> String {
    """
    {"schema": \(schema), "scenario": "s", "seed": 18446744073709551615, "engine": "process", "verdict": "\(value)",
     "tier": "\(tier)", "checks": [\(checks)], "load": {"sent": 1}, "evidence": "e"}
    """
  }

  static func check(_ id: String, _ status: String, _ reason: String) -> String {
    #"{"id": "\#(id)", "tier": "mitigated", "status": "\#(status)", "reason": "\#(reason)", "observed": "o"}"#
  }

  private func outcome(_ expectation: Cell.Expectation, _ status: Int32, _ output: String) -> CellResult.Outcome {
    Judge.judge(expectation, status: status, output: output).outcome
  }

  @Test func aPassIsRightAtExactlyItsTier() {
    let output = Self.verdict("passed", tier: "resolved")
    #expect(outcome(.passed(.resolved), 0, output) == .right)
    #expect(outcome(.passed(.mitigated), 0, output) == .wrong)
    #expect(outcome(.passed(.prevented), 0, output) == .wrong)
    #expect(Judge.judge(.passed(.resolved), status: 0, output: output).seed == .max)
  }

  @Test func theOnlyVerdictOfAVerificationIsTheVerdict() {
    func verification(_ verdicts: String..., schema: Int = 1) -> String {
      "{\"schema\": \(schema), \"verdict\": \"passed\", \"verdicts\": [\(verdicts.joined(separator: ","))]}"
    }
    let passed = Self.verdict("passed", tier: "resolved")
    #expect(outcome(.passed(.resolved), 0, verification(passed)) == .right)
    #expect(outcome(.passed(.mitigated), 0, verification(passed)) == .wrong)
    for output in [verification(), verification(passed, passed), verification(passed, schema: 2)] {
      #expect(outcome(.passed(.resolved), 0, output) == .wrong)
    }
  }

  @Test(arguments: ["failed", "inconclusive"]) func anythingElseThanAPassIsNotRight(_ value: String) {
    let status: Int32 = value == "failed" ? 1 : 3
    let output = Self.verdict(value, Self.check("users-are-served", "violated", "users_refused"))
    let result = Judge.judge(.passed(.resolved), status: status, output: output)
    #expect(result.outcome == (value == "failed" ? .wrong : .undecided))
    #expect(result.detail.contains(value) && result.detail.contains("users-are-served violated (users_refused)"))
  }

  @Test func onlyWhatIsUndecidedIsAskedAgain() {
    func saysNothing(_ expectation: Cell.Expectation, _ status: Int32, _ output: String) -> Bool {
      Judge.judge(expectation, status: status, output: output).outcome.saysNothing
    }
    #expect(saysNothing(.passed(.resolved), 3, Self.verdict("inconclusive")))
    #expect(saysNothing(.failed(check: "a", reason: "r"), 3, Self.verdict("inconclusive")))
    #expect(saysNothing(.passed(.resolved), 3, ""))
    #expect(saysNothing(.passed(.resolved), 64, ""))
    // A verdict was given: it is right or wrong, and stays that.
    #expect(!saysNothing(.passed(.resolved), 1, Self.verdict("failed")))
    #expect(!saysNothing(.passed(.resolved), 0, Self.verdict("passed", tier: "mitigated")))
    #expect(!saysNothing(.inconclusive, 1, Self.verdict("failed")))
    #expect(!saysNothing(.inconclusive, 3, Self.verdict("inconclusive")))
    #expect(!saysNothing(.passed(.resolved), 1, ""))
  }

  @Test func aFailureIsRightAtItsCheckForItsReason() {
    let pinned = Cell.Expectation.failed(check: "a", reason: "r")
    let other = Self.check("b", "violated", "x")
    #expect(outcome(pinned, 1, Self.verdict("failed", Self.check("a", "violated", "r") + "," + other)) == .right)
    #expect(outcome(pinned, 1, Self.verdict("failed", Self.check("a", "violated", "x"))) == .wrong)
    #expect(outcome(pinned, 1, Self.verdict("failed", Self.check("a", "inconclusive", "r") + "," + other)) == .wrong)
    #expect(outcome(pinned, 1, Self.verdict("failed", Self.check("b", "violated", "r"))) == .wrong)
    for (reason, expected) in [("load_not_delivered", CellResult.Outcome.undecided), ("not_tried", .wrong)] {
      let checks = Self.check("a", "inconclusive", reason) + "," + other
      #expect(outcome(pinned, 1, Self.verdict("failed", checks)) == expected)
    }
    #expect(outcome(pinned, 3, Self.verdict("inconclusive", Self.check("a", "violated", "r"))) == .undecided)
    #expect(outcome(pinned, 0, Self.verdict("passed", tier: "resolved")) == .wrong)
  }

  @Test func troubleIsNeitherPassedNorFailed() {
    #expect(outcome(.inconclusive, 3, Self.verdict("inconclusive")) == .right)
    #expect(outcome(.inconclusive, 3, "") == .right)
    #expect(outcome(.inconclusive, 1, Self.verdict("failed")) == .wrong)
    #expect(outcome(.inconclusive, 0, Self.verdict("passed", tier: "resolved")) == .wrong)
    #expect(outcome(.inconclusive, 70, "") == .wrong)
    #expect(outcome(.passed(.resolved), 3, "") == .undecided)
  }

  @Test func theExitCodeMustAgreeWithTheVerdict() {
    #expect(outcome(.passed(.resolved), 1, Self.verdict("passed", tier: "resolved")) == .wrong)
    #expect(outcome(.inconclusive, 0, Self.verdict("inconclusive")) == .wrong)
    #expect(outcome(.inconclusive, 3, Self.verdict("failed")) == .wrong)
  }

  @Test(arguments: [64, 69, 130] as [Int32]) func whatWasNoGradeIsMissing(_ status: Int32) {
    let result = Judge.judge(.inconclusive, status: status, output: "", errors: "one\ntwo\nthree\n")
    #expect(result.outcome == .missing)
    #expect(result.detail.contains("two; three") && !result.detail.contains("one"))
  }

  @Test func whatIsNoVerdictOfThisSchemaIsWrong() {
    for output in ["", "{}", "passed", Self.verdict("passed", tier: "resolved", schema: 2)] {
      #expect(outcome(.passed(.resolved), 0, output) == .wrong)
      #expect(outcome(.failed(check: "a", reason: "r"), 1, output) == .wrong)
    }
  }

  @Test func aDiagnosisIsRightWhenEveryCommandWorks() {
    func look(_ name: String, _ status: Int32?, _ output: String = "", _ errors: String = "") -> Judge.Look {
      Judge.Look(name: name, status: status, output: output, errors: errors)
    }
    #expect(Judge.judge([look("a", 0, "x"), look("b", 0)]) == CellResult(.right))
    let one = Judge.judge([look("a", 0, "shown"), look("b", 1, "half\n", "psql: no route"), look("c", nil)])
    #expect(one.outcome == .wrong)
    #expect(one.detail.contains("b ended with 1: half; psql: no route"))
    #expect(one.detail.contains("c did not end in time: it showed nothing") && !one.detail.contains("shown\n"))
    #expect(Judge.judge([look("a", 70)]).outcome == .wrong)
    for status in [64, 69, 130] as [Int32] {
      #expect(Judge.judge([look("a", 1), look("b", status)]).outcome == .missing)
    }
    // Nothing looked at is nothing seen.
    #expect(Judge.judge([]).outcome == .missing)
    #expect(outcome(.seen, 0, Self.verdict("passed", tier: "resolved")) == .wrong)
  }

  @Test func theGradesLinesAreUnderstood() {
    #expect(GradeLine.window("sweep and users for 10.0 s") == 10)
    #expect(GradeLine.window("users for 2 s") == 2)
    for line in ["scaling inventory from 101 to 200", "waiting for 3 instances", "for 10 s", "users for x s", ""] {
      #expect(GradeLine.window(line) == nil)
    }
    #expect(GradeLine.begins("trial prevented", trial: "prevented"))
    #expect(!GradeLine.begins("trial prevented: met", trial: "prevented"))
  }
}

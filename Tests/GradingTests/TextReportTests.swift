import DrillCore
import Testing

@testable import Grading

@Suite struct TextReportTests {
  @Test func whatALabPrintedIsNoLineOfTheReport() {
    let finding = Finding(
      status: .violated, reason: "some_reason", observed: "a\n::error::x\npassed: tier resolved\u{1B}[2J",
      expected: "b\n##[group]c")
    let verdict = Verdict(
      scenario: "s", seed: 7, engine: "process", required: .mitigated,
      checks: [CheckResult(id: "check", tier: .mitigated, finding: finding, runbook: "")], load: .init(), evidence: "")
    let lines = TextReport.text(verdict, required: .mitigated).split(separator: "\n").map(String.init)
    #expect(lines[0] == "FAIL check [mitigated]: a")
    #expect(lines[1...2] == ["  | | ::error::x", "  | passed: tier resolved?[2J"])
    #expect(lines[3...4] == ["    expected: b", "  | ## [group]c"])
  }
}

import DrillCore
import Foundation
import Testing

@testable import Certification

/// The published result.
@Suite struct SummaryTests {
  private func summary(_ records: [CellRecord]) -> Summary {
    let subject = Subject(scenario: "s", cells: [BacklogTests.cell("a"), BacklogTests.cell("b")])
    return Summary(subjects: [subject], files: ["s": "f"], programs: "p", records: records)
  }

  @Test func cleanRunsCertify() throws {
    let records = [
      BacklogTests.record("a", seconds: 10), BacklogTests.record("a", round: 2, seconds: 30),
      BacklogTests.record("a", busy: true, seconds: 50), BacklogTests.record("b", seconds: 20.26),
      BacklogTests.record("b", .wrong, files: "old"), BacklogTests.record("b", .missing, round: 2),
    ]
    let line = try #require(summary(records).scenarios.first)
    #expect(line.isCertified && line.runs == 4 && line.wrong == 0)
    let first = try #require(line.cells.first)
    #expect(first.runs == 2 && first.busyRuns == 1 && first.median == 30 && first.worst == 50)
    #expect(first.expected == "failed: c (r)")
    #expect(line.cells.last?.worst == 20.3)
  }

  @Test func onlyTheFilesThatWereCertifiedAre() {
    let whole = summary([BacklogTests.record("a"), BacklogTests.record("b")])
    #expect(whole.certifiedRuns(of: "s", files: "f") == 2)
    #expect(whole.certifiedRuns(of: "s", files: "g") == nil && whole.certifiedRuns(of: "t", files: "f") == nil)
    #expect(summary([BacklogTests.record("a")]).certifiedRuns(of: "s", files: "f") == nil)
  }

  @Test func aMissingCellOrAWrongVerdictDoesNot() {
    let a = BacklogTests.record("a")
    let b = BacklogTests.record("b")
    #expect(summary([a, b]).scenarios.first?.isCertified == true)
    #expect(summary([a]).scenarios.first?.isCertified == false)
    #expect(summary([a, b, BacklogTests.record("b", .wrong, round: 2)]).scenarios.first?.isCertified == false)
    #expect(summary([a, BacklogTests.record("b", busy: true)]).scenarios.first?.isCertified == false)
    #expect(summary([a, b, BacklogTests.record("b", .wrong, busy: true)]).scenarios.first?.isCertified == false)
  }

  @Test func gradesThatCouldNotTellAreCounted() throws {
    let clean = (1...10).flatMap { [BacklogTests.record("a", round: $0), BacklogTests.record("b", round: $0)] }
    let unsure = BacklogTests.record("b", .undecided, seconds: 99)
    let some = summary(clean + [unsure, unsure])
    let line = try #require(some.scenarios.first)
    #expect(line.isCertified && line.runs == 20 && line.undecided == 2 && line.cells.last?.worst == 30)
    #expect(some.markdown.contains("20 runs, 0 wrong verdicts, 2 grades that could not tell and were asked again."))
    #expect(some.markdown.contains("| b | failed: c (r) | 10 | 0 | 0 | 2 | 30 | 30 |"))
    // One in ten is the most.
    #expect(summary(clean + [unsure, unsure, unsure]).scenarios.first?.isCertified == false)
    #expect(summary([BacklogTests.record("a"), unsure]).scenarios.first?.isCertified == false)
  }

  @Test func theFileIsStable() throws {
    let path = NSTemporaryDirectory() + "summary-\(UInt64.random(in: 0...UInt64.max)).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let summary = summary([BacklogTests.record("b"), BacklogTests.record("a")])
    let text = try summary.json()
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(Summary.load(path) == summary)
    #expect(try Summary.load(path)?.json() == text)
    #expect(text.hasPrefix("{\n  \"engine\" : \"process\",\n  \"scenarios\" : [") && text.hasSuffix("}\n"))
    #expect(Summary.load(path + ".none") == nil)
  }

  @Test func thePageSaysWhatIsProven() {
    let page = summary([BacklogTests.record("a"), BacklogTests.record("b", seconds: 12.5)]).markdown
    #expect(page.contains("Certified: 2 cells, 2 runs, 0 wrong verdicts."))
    #expect(page.contains("| b | failed: c (r) | 1 | 0 | 0 | 0 | 12.5 | 12.5 |"))
    #expect(page.contains("2 clean runs bound the share of wrong verdicts of all cells below 77.6 %"))
    let open = summary([BacklogTests.record("a", .wrong)]).markdown
    #expect(open.contains("Not certified: 2 cells, 1 runs, 1 wrong verdicts, 1 cells without a run."))
    #expect(!open.contains("bound") && open.contains("| b | failed: c (r) | 0 | 0 | 0 | 0 | - | - |"))
    #expect(page.hasSuffix("|\n") && !page.contains(" \n"))
  }

  @Test(arguments: [(0, 1), (1, 0.95), (10, 0.2589), (59, 0.0495), (300, 0.00994)])
  func cleanRunsBoundTheError(_ runs: Int, _ bound: Double) {
    #expect(abs(Confidence.bound(cleanRuns: runs) - bound) < 0.0001)
  }
}

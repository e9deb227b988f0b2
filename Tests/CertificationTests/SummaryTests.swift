import DrillCore
import Foundation
import Testing

@testable import Certification

/// The published result.
@Suite struct SummaryTests {
  private func summary(_ records: [CellRecord]) -> Summary {
    let subject = Subject(scenario: "s", cells: [BacklogTests.cell("a"), BacklogTests.cell("b")])
    return Summary(
      subjects: [subject], files: ["s": "f"], programs: "p", build: Build(version: "1.2", commit: "abcdef0"),
      records: records)
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
    func runs(_ summary: Summary, _ id: String = "s", _ files: String = "f", _ version: String = "1.2") -> Int? {
      summary.certifiedRuns(of: id, files: files, version: version)
    }
    #expect(runs(whole) == 2)
    #expect(runs(whole, "s", "g") == nil && runs(whole, "t") == nil)
    #expect(runs(summary([BacklogTests.record("a")])) == nil)
    // Of another version's grader nobody knows, nor of one that nobody named.
    #expect(runs(whole, "s", "f", "1.3") == nil)
    var nameless = whole
    nameless.version = nil
    #expect(runs(nameless) == nil)
  }

  @Test func aWrongVerdictOnRecordIsNeverCertified() {
    let clean = ["a", "b"].map { BacklogTests.record($0) }
    func conclusion(_ cells: [String], _ records: [CellRecord]) -> Conclusion {
      Conclusion(BacklogTests.backlog(cells, records), summary(records))
    }
    #expect(conclusion(["a", "b"], clean) == .clean)
    #expect(conclusion(["a", "b"], [clean[0]]) == .open)
    #expect(conclusion(["a", "b"], clean + [BacklogTests.record("a", .undecided)]) == .clean)
    // With busy processors, in a later round, of a cell that nobody asked for now.
    #expect(conclusion(["a", "b"], clean + [BacklogTests.record("a", .wrong, busy: true)]) == .wrong)
    #expect(conclusion(["a", "b"], clean + [BacklogTests.record("a", .wrong, round: 9)]) == .wrong)
    #expect(conclusion(["a"], [clean[0], BacklogTests.record("b", .wrong)]) == .wrong)
    #expect(conclusion(["a", "b"], [clean[0], BacklogTests.record("b", .wrong)]) == .wrong)
    // Other files or programs are others.
    #expect(conclusion(["a", "b"], clean + [BacklogTests.record("a", .wrong, files: "old")]) == .clean)
    #expect(conclusion(["a", "b"], clean + [BacklogTests.record("a", .wrong, programs: "old")]) == .clean)
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
    #expect(text.hasPrefix("{\n  \"commit\" : \"abcdef0\",\n  \"engine\" : \"process\",\n"))
    #expect(text.hasSuffix("  \"schema\" : 1,\n  \"version\" : \"1.2\"\n}\n"))
    #expect(Summary.load(path + ".none") == nil)
  }

  @Test func thePageSaysWhatIsProven() {
    let page = summary([BacklogTests.record("a"), BacklogTests.record("b", seconds: 12.5)]).markdown
    #expect(page.contains("Certified: 2 cells, 2 runs, 0 wrong verdicts. No run with busy processors."))
    #expect(page.contains("Firedrill 1.2 of commit `abcdef0`, with labs of processes.\n\n| what | at most |"))
    #expect(page.contains("| s | - | - | - | - | - | - | - |"))
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

import DrillCore
import Testing

@testable import Certification

/// What is measured beside the verdicts.
@Suite struct SummaryFiguresTests {
  private static let cells = [
    BacklogTests.cell("decoy/a"), BacklogTests.cell("files/a", .files), BacklogTests.cell("harness/a", .harness),
    BacklogTests.cell("diagnosis", .diagnosis),
  ]

  private func summary(_ records: [CellRecord], engine: String = "process", images: [Summary.Image]? = nil) -> Summary {
    Summary(
      subjects: [Subject(scenario: "s", cells: Self.cells)], files: ["s": "f"], programs: "p", engine: engine,
      build: Build(version: "1.2"), images: images, records: records)
  }

  private func graded(
    _ cell: String, _ seconds: Double?, _ outcome: CellResult.Outcome = .right, round: Int = 1, busy: Bool = false
  ) -> CellRecord {
    BacklogTests.record(
      cell, outcome, round: round, busy: busy,
      figures: CellFigures(graded: seconds, healthy: 3.04, memory: 200 << 20))
  }

  @Test func gradesAndVerificationsAreMeasuredApart() throws {
    let summary = summary([
      graded("decoy/a", 10), graded("decoy/a", 20, round: 2), graded("decoy/a", 14.06, round: 3),
      graded("decoy/a", 99, round: 4, busy: true), graded("decoy/a", 98, .undecided, round: 5),
      graded("files/a", 41), graded("harness/a", 97), graded("diagnosis", nil),
    ])
    let line = try #require(summary.scenarios.first)
    #expect(line.grade?.runs == 3 && line.grade?.median == 14.1 && line.grade?.worst == 20)
    #expect(line.verification?.runs == 1 && line.verification?.worst == 41)
    #expect(line.healthy?.median == 3 && line.memory?.median == Double(200 << 20))
    let page = summary.markdown
    #expect(page.contains("| s | 14.1 | 20 | 41 | 41 | 3 | 3 | 200 |"), "\(page)")
    #expect(page.contains("1 grades that could not tell and were asked again. 1 of the runs with busy processors."))
    #expect(page.contains("| a grade, median | 15 s | 14.1 s | held |"))
    #expect(page.contains("| a grade, worst | 40 s | 20 s | held |"))
    #expect(page.contains("| a verification, worst | 45 s | 41 s | held |"))
    #expect(
      self.summary([graded("decoy/a", 40.1)]).markdown.contains("| a grade, worst | 40 s | 40.1 s | **missed** |"))
    // The diagnosis, of which there is no verdict, is no proof.
    #expect(line.runs == 7 && page.contains("6 clean runs bound the share of wrong verdicts of all cells"))
  }

  @Test func aPassIsTheTimeInWhichLabsRan() {
    func at(_ cell: String, _ end: Double, _ seconds: Double, round: Int = 1, _ outcome: CellResult.Outcome = .right)
      -> CellRecord
    { BacklogTests.record(cell, outcome, round: round, seconds: seconds, at: end) }
    // Two side by side (0...30, 10...40), one in the other's time (20...30), a night's pause, two more with a new try.
    let whole = [
      at("decoy/a", 30, 30), at("files/a", 40, 30), at("harness/a", 30, 10, .missing), at("harness/a", 1020, 20),
      at("diagnosis", 1030, 10),
    ]
    #expect(summary(whole).passSeconds == 70)
    // A second round, and what was done beside, are no part of it.
    #expect(summary(whole + [at("decoy/a", 2000, 50, round: 2)]).passSeconds == 70)
    #expect(summary(Array(whole.dropLast())).passSeconds == nil)
    #expect(summary([]).passSeconds == nil)
    #expect(summary(whole).markdown.contains("| one pass over all cells | 45 min | 1.2 min | held |"))
    #expect(summary([]).markdown.contains("| one pass over all cells | 45 min | - |  |"))
  }

  @Test func containersSayWhatTheyCost() {
    let image = Summary.Image(name: "firedrill/fleet:1.2", bytes: 123_456_789)
    let page = summary([graded("decoy/a", 10)], engine: "compose", images: [image]).markdown
    #expect(page.contains("Firedrill 1.2, with labs of containers (`--engine compose`)."))
    #expect(page.contains("| firedrill/fleet:1.2 | 123 |"))
    #expect(!summary([]).markdown.contains("image"))
  }
}

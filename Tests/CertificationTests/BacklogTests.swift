import DrillCore
import Foundation
import Testing

@testable import Certification

/// What is run, what is kept, and where an interrupted certification goes on.
@Suite struct BacklogTests {
  static func cell(_ id: String, _ kind: Cell.Kind = .decoy) -> Cell {
    Cell(scenario: "s", id: id, kind: kind, expectation: .failed(check: "c", reason: "r"))
  }

  static func record(
    _ cell: String, _ outcome: CellResult.Outcome = .right, round: Int = 1, busy: Bool = false, files: String = "f",
    programs: String = "p", engine: String = "process", figures: CellFigures = CellFigures(), seconds: Double = 30,
    at: Double = 1_700_000_000
  ) -> CellRecord {
    CellRecord(
      scenario: "s", cell: cell, round: round, busy: busy, files: files, programs: programs, engine: engine,
      result: CellResult(outcome, outcome == .right ? "" : "why"), figures: figures, seconds: seconds, at: at)
  }

  static func backlog(
    _ cells: [String], rounds: Int = 1, busy: Bool = false, _ records: [CellRecord]
  ) -> Backlog {
    Backlog(
      runs: Plan.runs(cells.map { cell($0) }, rounds: rounds), files: ["s": "f"], programs: "p", busy: busy,
      records: records)
  }

  @Test func roundsGoAroundAllCells() {
    let runs = Plan.runs([Self.cell("a"), Self.cell("b")], rounds: 2)
    #expect(runs.map { "\($0.cell.id)\($0.round)" } == ["a1", "b1", "a2", "b2"])
    #expect(Set(runs.map(\.labSeed)).count == 4)
    #expect(runs.map(\.labSeed) == Plan.runs([Self.cell("a"), Self.cell("b")], rounds: 2).map(\.labSeed))
  }

  /// Three rounds try each cell on each of three kinds of damage, and begin with different ones.
  @Test func roundsMeetEveryDamage() {
    var cells = ["a", "b", "c", "d", "e", "f"].map { Self.cell($0) }
    for index in cells.indices {
      cells[index].damage = DamagePlan.Kind.allCases.map { DamagePlan(kind: $0, parameters: [:]) }
    }
    let drawn = Plan.runs(cells, rounds: 6).map { run in
      (run.cell.id, run.round, DamagePlan.drawn(of: run.cell.damage, seed: run.labSeed)?.index)
    }
    for cell in cells {
      let kinds = drawn.filter { $0.0 == cell.id }.map(\.2)
      #expect(Set(kinds.prefix(3)) == [0, 1, 2] && Array(kinds.prefix(3)) == Array(kinds.suffix(3)))
    }
    #expect(Set(drawn.filter { $0.1 == 1 }.map(\.2)).count > 1)
  }

  @Test func whatIsDoneIsNotDoneAgain() {
    let backlog = Self.backlog(["a", "b"], rounds: 2, [Self.record("a"), Self.record("b", .wrong, round: 2)])
    #expect(backlog.pending.map { "\($0.cell.id)\($0.round)" } == ["b1", "a2"])
    #expect(backlog.done == 2 && backlog.wrong == 1)
  }

  @Test func resultsOfOtherFilesProgramsOrLoadDoNotCount() {
    let records = [
      Self.record("a", files: "old"), Self.record("a", programs: "old"), Self.record("a", busy: true),
      Self.record("a", .missing), Self.record("a", .undecided), Self.record("x"),
    ]
    #expect(Self.backlog(["a"], records).pending.count == 1)
    #expect(Self.backlog(["a"], busy: true, records).pending.isEmpty)
  }

  @Test func aResultIsTakenIn() {
    var backlog = Self.backlog(["a", "b", "c"], [])
    backlog.add(Self.record("a"))
    backlog.add(Self.record("b", .wrong))
    backlog.add(Self.record("c", .missing))
    backlog.add(Self.record("c", .undecided))
    #expect(backlog.wrong == 1 && backlog.done == 2)
    // What came to nothing isn't tried again now, and not taken for done later.
    #expect(backlog.pending.map(\.cell.id) == ["c"])
  }

  @Test func theTimeLeftComesFromWhatCellsTook() {
    #expect(Self.backlog(["a", "b"], []).secondsLeft { _ in 1 } == 2 * Backlog.usual)
    let known = Self.backlog(["a", "b"], rounds: 2, [Self.record("a", seconds: 10), Self.record("b", seconds: 30)])
    #expect(known.secondsLeft { _ in 1 } == 40)
    #expect(known.secondsLeft { $0.cell.id == "b" ? 0.5 : 1 } == 25)
    #expect(Self.backlog(["a", "c"], [Self.record("a", seconds: 10)]).secondsLeft { _ in 1 } == 10)
  }

  @Test func patternsNameCells() {
    let cells = ["nothing", "decoy/cap-101", "decoy/cap-200", "fix/cap-300"].map { Self.cell($0) }
    func select(_ patterns: String...) -> [String] { Plan.select(cells, patterns).cells.map(\.id) }
    #expect(select() == cells.map(\.id))
    #expect(select("nothing") == ["nothing"])
    #expect(select("decoy/*") == ["decoy/cap-101", "decoy/cap-200"])
    #expect(select("cap-*") == ["decoy/cap-101", "decoy/cap-200", "fix/cap-300"])
    #expect(select("cap-300", "n*g") == ["nothing", "fix/cap-300"])
    #expect(select("*/*-*0") == ["decoy/cap-200", "fix/cap-300"])
    #expect(select("cap") == [] && select("ca*cap") == [])
    // Said whole, an id is that one, also where another ends like it.
    let more = cells + [Self.cell("files/nothing", .files)]
    #expect(Plan.select(more, ["nothing"]).cells.map(\.id) == ["nothing"])
    #expect(Plan.select(more, ["files/nothing"]).cells.map(\.id) == ["files/nothing"])
    #expect(Plan.select(cells, ["nothing", "nobody", "x*"]).unknown == ["nobody", "x*"])
  }

  @Test func aSampleIsDrawnFromTheCommit() {
    let decoys = (1...9).map { Self.cell("decoy/\($0)") }
    let fixes = (1...4).map { Self.cell("fix/\($0)", .fix) }
    let cells = [Self.cell("nothing", .nothing), Self.cell("healthy", .healthy)] + decoys + fixes
    let commits = (0..<40).map { "\(String(0xabcdef1 + $0 * 7919, radix: 16))0123456789" }
    let samples = commits.map { Plan.sample(cells, commit: $0).map(\.id) }
    for sample in samples {
      #expect(sample.count == 4 && sample.first == "nothing")
      #expect(sample.count { $0.hasPrefix("decoy/") } == 2 && sample.count { $0.hasPrefix("fix/") } == 1)
    }
    #expect(samples == commits.map { Plan.sample(cells, commit: $0).map(\.id) })
    // Many commits see everything.
    #expect(Set(samples.joined()).count == 14)
    // One in three looks at the diagnosis too.
    let more = cells + [Self.cell("diagnosis", .diagnosis)]
    let looking = commits.filter { Plan.sample(more, commit: $0).contains { $0.id == "diagnosis" } }
    #expect((5...22).contains(looking.count), "\(looking.count)")
    #expect(commits.map { Plan.sample(more, commit: $0).filter { $0.id != "diagnosis" }.map(\.id) } == samples)
    #expect(Plan.sample([], commit: "abcdef0").isEmpty)
    #expect(Plan.isCommit("abcdef0") && !Plan.isCommit("abcdef") && !Plan.isCommit("HEAD~12") && !Plan.isCommit(""))
  }

  @Test func enginesKeepTheirResultsApart() throws {
    let path = NSTemporaryDirectory() + "record-\(UInt64.random(in: 0...UInt64.max)).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = RecordFile(path: path)
    #expect(file.foreignEngine(to: "process") == nil && file.foreignEngine(to: "compose") == nil)
    // A line of before engines were written down.
    var old = Self.record("a")
    old.engine = nil
    try file.append(old)
    #expect(file.foreignEngine(to: "process") == nil && file.foreignEngine(to: "compose") == "process")
    try file.append(Self.record("b", engine: "compose"))
    #expect(file.foreignEngine(to: "process") == "compose")
  }

  @Test func theRecordSurvivesACutLine() throws {
    let path = NSTemporaryDirectory() + "record-\(UInt64.random(in: 0...UInt64.max)).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = RecordFile(path: path)
    #expect(file.read().isEmpty)
    let first = Self.record("a")
    try file.append(first)
    try file.append(Self.record("b", .wrong))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(20).write(to: URL(fileURLWithPath: path))
    #expect(file.read() == [first])
    let third = Self.record("c", round: 2, busy: true)
    try file.append(third)
    #expect(file.read() == [first, third])
  }
}

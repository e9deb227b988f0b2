/// What is done and what is still to do, also what an earlier, interrupted certification did.
public struct Backlog: Sendable {
  /// What was asked for.
  public let runs: [Run]
  /// What is still to be done, in order; a run that came to nothing stays here.
  public private(set) var pending: [Run]
  /// Wrong verdicts among what was asked for.
  public private(set) var wrong = 0
  private var durations: [String: [Double]] = [:]

  /// Seconds of a cell of which nothing is known: start, repair, one grade, stop.
  static let usual = 40.0

  /// Leaves out what the records have of the same cells, rounds, files, programs and load of the machine.
  public init(runs: [Run], files: [String: String], programs: String, busy: Bool, records: [CellRecord]) {
    self.runs = runs
    var done: [String: CellRecord] = [:]
    for record in records where !record.outcome.saysNothing && record.programs == programs && record.busy == busy {
      guard record.files == files[record.scenario] else { continue }
      done["\(record.scenario)/\(record.cell)/\(record.round)"] = record
    }
    pending = runs.filter { done[Self.key($0)] == nil }
    for record in runs.compactMap({ done[Self.key($0)] }) where record.outcome == .wrong { wrong += 1 }
    for record in records where !record.outcome.saysNothing { note(record) }
  }

  /// How many of the runs are over, in this or an earlier certification.
  public var done: Int { runs.count - pending.count }

  /// Takes a result in. A grade that could not tell, or a run that came to nothing, leaves its run pending.
  public mutating func add(_ record: CellRecord) {
    guard !record.outcome.saysNothing else { return }
    pending.removeAll { Self.key($0) == "\(record.scenario)/\(record.cell)/\(record.round)" }
    if record.outcome == .wrong { wrong += 1 }
    note(record)
  }

  /// Seconds that the pending runs will take, by what such cells took before.
  ///
  /// - Parameter share: how much of the machine one takes, from 0 to 1.
  public func secondsLeft(share: (Run) -> Double) -> Double {
    pending.reduce(0) { $0 + expected($1.cell) * share($1) }
  }

  private mutating func note(_ record: CellRecord) {
    durations["\(record.scenario)/\(record.cell)", default: []].append(record.seconds)
  }

  private func expected(_ cell: Cell) -> Double {
    if let own = durations["\(cell.scenario)/\(cell.id)"], !own.isEmpty { return own.sorted()[own.count / 2] }
    let all = durations.values.flatMap { $0 }
    return all.isEmpty ? Self.usual : all.reduce(0, +) / Double(all.count)
  }

  private static func key(_ run: Run) -> String { "\(run.cell.scenario)/\(run.cell.id)/\(run.round)" }
}

/// What a certification measured besides its verdicts.
extension Summary {
  /// The middle and the largest of what several runs gave.
  public struct Spread: Sendable, Codable, Equatable {
    /// How many runs.
    public var runs: Int
    /// The median; of an even number the lower one of the two in the middle.
    public var median: Double
    /// The largest.
    public var worst: Double

    /// Nil without values.
    init?(_ values: [Double]) {
      let sorted = values.sorted()
      guard let worst = sorted.last else { return nil }
      runs = sorted.count
      median = sorted[(sorted.count - 1) / 2]
      self.worst = worst
    }
  }

  /// An image that nodes are made from.
  public struct Image: Sendable, Codable, Equatable {
    /// Its name, with the tag.
    public var name: String
    /// All its layers together, also those that it shares with other images.
    public var bytes: Int

    /// An image.
    public init(name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Of the runs of one scenario that say something, with the machine as it is: busy processors are no measure.
  struct Figures {
    var grade: Spread?
    var verification: Spread?
    var healthy: Spread?
    var memory: Spread?

    init(_ cells: [Cell], _ records: [CellRecord]) {
      let kinds = Dictionary(cells.map { ($0.id, $0.kind) }) { first, _ in first }
      let quiet = records.filter { !$0.busy && !$0.outcome.saysNothing && kinds[$0.cell] != nil }
      verification = Spread(quiet.filter { kinds[$0.cell] == .files }.compactMap(\.graded))
      // A grade that is disturbed takes as long as the trouble does.
      grade = Spread(quiet.filter { kinds[$0.cell] != .files && kinds[$0.cell] != .harness }.compactMap(\.graded))
      healthy = Spread(quiet.compactMap(\.healthy))
      memory = Spread(quiet.compactMap { $0.memory.map(Double.init) })
    }
  }

  /// Seconds in which a lab of the first round was under way, those that were asked again included; nil unless each
  /// cell has a result of that round.
  static func pass(_ cells: [Cell], _ records: [CellRecord]) -> Double? {
    let first = records.filter { $0.round == 1 && !$0.busy }
    let done = Set(first.filter { !$0.outcome.saysNothing }.map { "\($0.scenario)/\($0.cell)" })
    guard !cells.isEmpty, cells.allSatisfy({ done.contains("\($0.scenario)/\($0.id)") }) else { return nil }
    var covered = 0.0
    var end = -Double.infinity
    for run in first.sorted(by: { $0.at - $0.seconds < $1.at - $1.seconds }) {
      covered += max(0, run.at - max(end, run.at - run.seconds))
      end = max(end, run.at)
    }
    return covered.rounded()
  }
}

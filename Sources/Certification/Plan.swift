import DrillCore
import Topology

/// One run of one cell that is asked for.
public struct Run: Sendable, Equatable {
  /// The cell.
  public var cell: Cell
  /// Which of the repeats, from 1.
  public var round: Int

  /// A run.
  public init(cell: Cell, round: Int) {
    self.cell = cell
    self.round = round
  }

  /// Fixes the lab: each cell and round has a lab of its own, the same one each time. Where labs are handed over with
  /// one damage of several, as many rounds meet each of them once: luck would leave repairs untried on some.
  public var labSeed: UInt64 {
    let name = "\(cell.scenario)/\(cell.id)"
    let seeds = SeededRandom(seed: UInt64(round), name: name)
    func seed(_ index: UInt64) -> UInt64 { seeds.value(at: index) % 1_000_000 }
    let kinds = UInt64(cell.damage.count)
    guard kinds > 1 else { return seed(0) }
    let wanted = (SeededRandom(seed: 0, name: name).value(at: 0) % kinds + UInt64(round)) % kinds
    return (0..<1000).lazy.map(seed).first { DamagePlan.drawn(of: cell.damage, seed: $0).map(\.index) == Int(wanted) }
      ?? seed(0)
  }
}

/// Which cells are run, and in what order.
public enum Plan {
  /// All cells once, then all of them again, until each was run `rounds` times: an interrupted certification has seen
  /// everything before it has seen anything twice.
  public static func runs(_ cells: [Cell], rounds: Int) -> [Run] {
    (1...max(1, rounds)).flatMap { round in cells.map { Run(cell: $0, round: round) } }
  }

  /// The cells that one of the patterns names: an id, the part after its `/`, or either with `*` for any letters. An id
  /// that is said whole is that one and no other.
  ///
  /// - Returns: the cells in their order, and the patterns that name none.
  public static func select(_ cells: [Cell], _ patterns: [String]) -> (cells: [Cell], unknown: [String]) {
    guard !patterns.isEmpty else { return (cells, []) }
    let ids = Set(cells.map(\.id))
    func names(_ pattern: String, _ cell: Cell) -> Bool {
      matches(pattern, cell.id) || !ids.contains(pattern) && matches(pattern, cell.name)
    }
    return (
      cells.filter { cell in patterns.contains { names($0, cell) } },
      patterns.filter { pattern in !cells.contains { names(pattern, $0) } }
    )
  }

  /// The cells whose verdict hangs on latency or lateness.
  public static func timing(_ cells: [Cell]) -> [Cell] { cells.filter(\.isTiming) }

  /// What CI runs of a scenario: the untouched failure, one repair and two decoys, drawn from the commit's hash; and
  /// for one commit in three the diagnosis.
  public static func sample(_ cells: [Cell], commit: String) -> [Cell] {
    guard let scenario = cells.first?.scenario else { return [] }
    let seed = UInt64(commit.prefix(16), radix: 16) ?? 0
    func drawn(_ kind: Cell.Kind, _ count: Int) -> [String] {
      var random = SeededRandom(seed: seed, name: "sample/\(scenario)/\(kind.rawValue)")
      return random.shuffled(cells.filter { $0.kind == kind }.map(\.id)).prefix(count).map { $0 }
    }
    let looks = SeededRandom(seed: seed, name: "sample/\(scenario)/looks").value(at: 0) % 3 == 0
    let chosen = Set(["nothing"] + drawn(.fix, 1) + drawn(.decoy, 2) + (looks ? drawn(.diagnosis, 1) : []))
    return cells.filter { chosen.contains($0.id) }
  }

  /// Whether `text` is commit-like: 7 to 64 hexadecimal digits.
  public static func isCommit(_ text: String) -> Bool {
    (7...64).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  static func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
    guard text.hasPrefix(first), text.dropFirst(first.count).hasSuffix(last) else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

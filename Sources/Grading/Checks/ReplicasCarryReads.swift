import DrillCore

/// The primary is kept free: of the reads of a table at least so large a share is served by replicas, by their own
/// count, without what is looked at there when nobody uses the shop; and so many replicas each have their part of
/// those.
///
/// Reasons:
/// - `primary_overused`: the replicas served fewer; or the primary, by its own count, looked so often that it must have
///   served more than its share, whoever else looks at replicas.
/// - `replica_idle`: too few of them served their part.
/// - `probe_dead` (inconclusive): a replica or the primary did not say what it did.
/// - `no_success_of_op` (inconclusive): nobody read an order.
/// - `load_not_delivered` (inconclusive): fewer came there, but requests went out late.
/// - `not_tried` (inconclusive): there was no window.
struct ReplicasCarryReads: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  /// The part of what replicas serve that one has to serve to count.
  private var each: Double { plan.parameters["each"].flatMap { Double($0) } ?? 0 }

  /// How many have to.
  private var least: Int { plan.parameters["replicas"].flatMap { Int($0) } ?? 1 }

  /// How often the primary may look for each read; 0 where its own work on the table is too much to tell.
  private var primary: Double { plan.parameters["primary"].flatMap { Double($0) } ?? 0 }

  /// The tables whose readers are known.
  static let tables = ["orders.orders", "inventory.stock"]

  /// The operations that look into the table.
  private var reading: [String] {
    let operations: [DrillCore.Operation] =
      plan.parameters["table"] == "orders.orders"
      ? [.orderRead, .orders, .orderUnknown, .report] : [.productStock, .stock]
    return operations.map(\.rawValue)
  }

  /// How often the primary looked into the table; `nil` where nobody counted, or it counts anew.
  private static func looks(_ history: History, _ window: String) -> Int? {
    guard let before = history.rows("\(window).before.primary").last?.number("scans"),
      let after = history.rows("\(window).after.primary").last?.number("scans"), after >= before
    else { return nil }
    return after - before
  }

  /// How long lies between the last two looks of these names.
  private static func seconds(_ history: History, from: String, to: String) -> Double {
    func at(_ name: String) -> Int64? {
      history.events.last { if case .rows(let rows) = $0.kind { rows.name == name } else { false } }?.at
    }
    guard let from = at(from), let to = at(to) else { return 0 }
    return Double(to - from) / 1e9
  }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected =
      "replicas serve at least \(Int((share * 100).rounded())) % of the reads"
      + (each > 0 ? ", \(least) of them at least \(Int((each * 100).rounded())) % of these each" : "")
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    guard let before = history.rows("\(window).before.scans").last,
      let after = history.rows("\(window).after.scans").last
    else { return .inconclusive(.probeDead, "nobody counted", expected: expected) }
    // Whom even the primary does not answer sees no replica either, however many there are.
    let primaries = ["before", "after"].compactMap { history.rows("\(window).\($0).primary").last }
    if primaries.contains(where: { $0.number("scans") == nil }) {
      return .inconclusive(.probeDead, "the primary did not say what it did", expected: expected)
    }
    let reads = history.requests.filter {
      span.contains($0.scheduled) && reading.contains($0.op) && ($0.status ?? 500) < 500
    }.count
    guard reads >= 20 else { return .inconclusive(.noSuccessOfOp, "\(reads) reads", expected: expected) }
    var counts: [String: Int] = [:]
    for (node, text) in zip(before.values(of: "node"), before.values(of: "scans")) {
      guard let node, let text, let count = Int(text) else {
        return .inconclusive(.probeDead, "\(node ?? "a replica") did not say what it did before", expected: expected)
      }
      counts[node] = count
    }
    if let silent = Set(counts.keys).subtracting(after.values(of: "node").compactMap { $0 }).min() {
      return .inconclusive(.probeDead, "\(silent) did not say what it did", expected: expected)
    }
    var alone: [String: Int] = [:]
    let between = Self.seconds(history, from: "\(window).before.scans", to: "\(window).after.scans")
    for (node, text) in zip(before.values(of: "node"), before.values(of: "a_second")) {
      if let node, let rate = text.flatMap({ Double($0) }) { alone[node] = Int(rate * between) }
    }
    var parts: [String: Int] = [:]
    for (node, text) in zip(after.values(of: "node"), after.values(of: "scans")) {
      guard let node, let text, let count = Int(text) else {
        return .inconclusive(.probeDead, "\(node ?? "a replica") did not say what it did", expected: expected)
      }
      // A server that came or was rebuilt in between counts from nothing.
      let since = counts[node] ?? 0
      let looks = count >= since ? count - since : count
      // What somebody does there without end, users or none, is nobody's read.
      parts[node] = max(0, looks - (alone[node] ?? 0))
    }
    let served = parts.values.reduce(0, +)
    let unasked = alone.values.reduce(0, +)
    let observed =
      "replicas looked \(served) times for \(reads) reads" + (unasked > 0 ? ", and \(unasked) times unasked" : "")
    // Reads that come all at once, after a standstill of the generator's, find other copies fit than reads in turn.
    if Double(served) < share * Double(reads) {
      return late(history, in: window, expected: expected)
        ?? .violated("primary_overused", observed, expected: expected)
    }
    if primary > 0, let looked = Self.looks(history, window), Double(looked) > primary * Double(reads) {
      return late(history, in: window, expected: expected)
        ?? .violated("primary_overused", "the primary looked \(looked) times for \(reads) reads", expected: expected)
    }
    let working = parts.filter { Double($0.value) >= each * Double(served) }
    if each > 0, working.count < least {
      let words = parts.sorted { $0.key < $1.key }.map { "\($0.key) looked \($0.value) times" }.joined(separator: ", ")
      return late(history, in: window, expected: expected)
        ?? .violated("replica_idle", words, expected: expected)
    }
    return .met(observed, expected: expected)
  }
}

import DrillCore

/// The primary is kept free: of the reads of orders at least so large a share is served by replicas, by their own
/// count.
///
/// Reasons:
/// - `primary_overused`: the replicas served fewer.
/// - `probe_dead` (inconclusive): a replica did not say what it did.
/// - `no_success_of_op` (inconclusive): nobody read an order.
/// - `not_tried` (inconclusive): there was no window.
struct ReplicasCarryReads: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  private static let reading = [DrillCore.Operation.orderRead, .orders, .orderUnknown, .report].map(\.rawValue)

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "replicas serve at least \(Int((share * 100).rounded())) % of the reads of orders"
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    let reads = history.requests.filter {
      span.contains($0.scheduled) && Self.reading.contains($0.op) && ($0.status ?? 500) < 500
    }.count
    guard reads >= 20 else { return .inconclusive(.noSuccessOfOp, "\(reads) orders were read", expected: expected) }
    guard let before = history.rows("\(window).before.scans").last,
      let after = history.rows("\(window).after.scans").last
    else { return .inconclusive(.probeDead, "nobody counted", expected: expected) }
    var counts: [String: Int] = [:]
    for (node, text) in zip(before.values(of: "node"), before.values(of: "scans")) {
      if let node, let text, let count = Int(text) { counts[node] = count }
    }
    var served = 0
    for (node, text) in zip(after.values(of: "node"), after.values(of: "scans")) {
      guard let node, let text, let count = Int(text) else {
        return .inconclusive(.probeDead, "\(node ?? "a replica") did not say what it did", expected: expected)
      }
      // A server that came or was rebuilt in between counts from nothing.
      let since = counts[node] ?? 0
      served += count >= since ? count - since : count
    }
    let observed = "replicas looked into orders \(served) times for \(reads) reads"
    guard Double(served) >= share * Double(reads) else {
      return .violated("primary_overused", observed, expected: expected)
    }
    return .met(observed, expected: expected)
  }
}

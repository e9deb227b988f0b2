import DrillCore

/// So many replicas show at once what was just written, each by itself. There may be others: one that is being looked
/// into, or is on its way.
///
/// Reasons:
/// - `replica_behind`: fewer do, and another one has not applied what was written within the bound.
/// - `replica_missing`: fewer do, and there is no other.
/// - `replicas_not_independent`: enough do, but too few that neither stand still when the others do nor are another
///   under a second name.
/// - `not_tried` (inconclusive): nobody looked.
struct ReplicasAreFresh: PlannedCheck {
  let plan: CheckPlan

  private var least: Int { plan.parameters["replicas"].flatMap { Int($0) } ?? 1 }
  private var within: Int { plan.parameters["within_ms"].flatMap { Int($0) } ?? 1000 }

  func evaluate(_ history: History) -> Finding {
    let expected = "\(least) replicas, each by itself, show within \(within) ms what was written"
    guard let rows = history.rows(phase("replicas")).last else {
      return .inconclusive(.notTried, "nobody looked at the replicas", expected: expected)
    }
    let found = zip(rows.values(of: "node"), zip(rows.values(of: "lag_ms"), rows.values(of: "by_itself"))).map {
      (node: $0 ?? "", lag: $1.0.flatMap { Int($0) }, byItself: $1.1 == "true")
    }
    let fresh = found.filter { ($0.lag ?? .max) <= within }
    guard fresh.count >= least else {
      guard let late = found.first(where: { ($0.lag ?? .max) > within }) else {
        return .violated("replica_missing", "\(found.count) follow the primary", expected: expected)
      }
      let words = late.lag.map { "took \($0) ms" } ?? "did not show it at all"
      return .violated("replica_behind", "\(late.node) \(words)", expected: expected)
    }
    let good = fresh.filter(\.byItself)
    guard good.count >= least else {
      let names = [fresh, good].map { $0.map(\.node).joined(separator: ", ") }
      let words = "\(names[0]) follow; by itself: \(good.isEmpty ? "none" : names[1])"
      return .violated("replicas_not_independent", words, expected: expected)
    }
    let slowest = good.compactMap(\.lag).max() ?? 0
    return .met("\(good.count) replicas, the slowest after \(slowest) ms", expected: expected)
  }
}

import DrillCore

/// So many replicas show at once what was just written, each by itself.
///
/// Reasons:
/// - `replica_behind`: one of them has not applied what was written within the bound.
/// - `replica_missing`: there are fewer.
/// - `replicas_not_independent`: one stands still when another does, or is another under a second name.
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
    if let late = found.first(where: { ($0.lag ?? .max) > within }) {
      let words = late.lag.map { "took \($0) ms" } ?? "did not show it at all"
      return .violated("replica_behind", "\(late.node) \(words)", expected: expected)
    }
    guard found.count >= least else {
      return .violated("replica_missing", "\(found.count) follow the primary", expected: expected)
    }
    if let leaning = found.first(where: { !$0.byItself }) {
      return .violated(
        "replicas_not_independent", "\(leaning.node) stands still when the others do", expected: expected)
    }
    let slowest = found.compactMap(\.lag).max() ?? 0
    return .met("\(found.count) replicas, the slowest after \(slowest) ms", expected: expected)
  }
}

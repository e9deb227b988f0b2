import DrillCore

/// Every route of the public API did its work at least once.
///
/// Reasons:
/// - `feature_broken`: a route was answered twice or more, and each time with a refusal.
/// - `no_success_of_op` (inconclusive): a route has no success, and too few answers to call it broken.
struct EveryFeatureWorks: PlannedCheck {
  let plan: CheckPlan
  /// The routes that the users ask for.
  let operations: [DrillCore.Operation]

  func evaluate(_ history: History) -> Finding {
    let expected = "every route of the public API works"
    let requests = history.requests(stream: "users", in: phase("window"))
    var silent: [String] = []
    for operation in operations {
      let own = requests.filter { $0.op == operation.rawValue }
      if own.contains(where: { $0.outcome == .ok }) { continue }
      let answered = own.filter { $0.status != nil }
      guard answered.count >= 2 else {
        silent.append(operation.rawValue)
        continue
      }
      return .violated(
        "feature_broken",
        "'\(operation.rawValue)' was refused \(answered.count) times (\(answered[0].status ?? 0))", expected: expected)
    }
    guard silent.isEmpty, !requests.isEmpty else {
      let early = history.endedEarly(phase("window")).map { ", for the window ended early: \($0)" } ?? ""
      return .inconclusive(
        .noSuccessOfOp, "not one success of \(listed(silent, most: 9))\(early)", expected: expected)
    }
    return .met("\(operations.count) of \(operations.count) kinds of request succeeded", expected: expected)
  }
}

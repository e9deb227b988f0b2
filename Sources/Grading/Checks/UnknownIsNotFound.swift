import DrillCore

/// An order that does not exist is not found, and soon: nobody is kept waiting for what will never come.
///
/// Reasons:
/// - `unknown_not_404`: an order that does not exist was answered otherwise.
/// - `unknown_slow`: the answer took longer than the brief allows, for more than one in fifty.
/// - `no_success_of_op` (inconclusive): nobody asked.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late.
struct UnknownIsNotFound: PlannedCheck {
  let plan: CheckPlan

  private var bound: Int64 { plan.parameters["within_ms"].flatMap { Int64($0) } ?? 300 }

  func evaluate(_ history: History) -> Finding {
    let expected = "404 within \(bound) ms for an order that does not exist"
    let window = phase("window")
    let asked = history.requests(stream: "users", in: window).filter {
      $0.op == DrillCore.Operation.orderUnknown.rawValue && $0.sent != nil
    }
    guard !asked.isEmpty else { return .inconclusive(.noSuccessOfOp, "nobody asked for one", expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let other = asked.filter { $0.status != 404 }
    // What is turned away for want of capacity is another check's business, within the share that the brief allows.
    if let wrong = other.first(where: { $0.outcome == .ok }) ?? (other.count * 10 > asked.count ? other.first : nil) {
      return .violated("unknown_not_404", "\(wrong.status.map { "\($0)" } ?? "no answer")", expected: expected)
    }
    let slow = asked.filter { ($0.latency ?? .max) > bound * 1_000_000 }
    if slow.count > max(1, asked.count / 50) {
      let worst = slow.compactMap(\.latency).max() ?? 0
      return .violated(
        "unknown_slow", "\(slow.count) of \(asked.count) took longer, one \(worst / 1_000_000) ms", expected: expected)
    }
    return .met("\(asked.count) of \(asked.count) were not found in time", expected: expected)
  }
}

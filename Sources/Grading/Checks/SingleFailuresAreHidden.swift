import DrillCore

/// A payment company that fails now and then, once for an order and never twice, is no reason to refuse the order.
///
/// Reasons:
/// - `failures_shown`: fewer of the orders than such a share were confirmed.
/// - `front_door_missing`: no gateway runs.
/// - `fault_not_verified` (inconclusive): the company did not fail often enough.
/// - `probe_dead` (inconclusive): the company could not be asked.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or so few were confirmed only because the
///   machine stood still or others had it.
/// - `not_tried` (inconclusive): there were no orders.
struct SingleFailuresAreHidden: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 1 }
  private var least: Int { plan.parameters["failures"].flatMap { Int($0) } ?? 1 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "\(Int((share * 100).rounded())) % of the orders are confirmed"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let orders = history.ordersSent(in: window)
    guard !orders.isEmpty else { return .inconclusive(.notTried, "there were no orders", expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    guard let before = history.rows("\(window).provider.before").last?.number("failed_once"),
      let after = history.rows("\(window).provider.after").last?.number("failed_once")
    else { return .inconclusive(.probeDead, "the payment company did not say", expected: expected) }
    let unconfirmed = orders.filter { !$0.isConfirmed }
    let lost = unconfirmed.count
    let observed =
      "\(lost) of \(orders.count) orders were not confirmed\(mostly(unconfirmed)), "
      + "the company failed \(after - before) times"
    // One may always go wrong: of a few hundred orders one is more than a rounding.
    let allowed = max(1, Int((1 - share) * Double(orders.count) + 1e-9))
    guard lost <= allowed else {
      guard history.outsideOfStandstills(unconfirmed, in: window).count > allowed else {
        return hindered(observed, expected: expected)
      }
      return .violated("failures_shown", observed, expected: expected)
    }
    guard after - before >= least else { return .inconclusive(.faultNotVerified, observed, expected: expected) }
    return .met(observed, expected: expected)
  }

  /// What most of them were told: a shop may also refuse what the company would have taken.
  private func mostly(_ orders: [RequestEvent]) -> String {
    var counts: [String: Int] = [:]
    for order in orders {
      let code = order.code.map { " \($0)" } ?? ""
      counts[order.status.map { "\($0)\(code)" } ?? "no answer in time", default: 0] += 1
    }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most.map { " (\($0.value) of them: \($0.key))" } ?? ""
  }
}

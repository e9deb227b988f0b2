import DrillCore

/// An outage ends with its cause: so long after the disturbance is over the users' orders are confirmed again, while
/// they wait, and go on being confirmed until the window ends.
///
/// Reasons:
/// - `not_recovered`: fewer were.
/// - `orders_refused`: not one order was confirmed before the disturbance came; where that were few, none at all.
/// - `front_door_missing`: no gateway runs.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or so few were
///   confirmed only because the machine stood still or others had it.
/// - `not_tried` (inconclusive): there was no disturbance that ended, or too few orders after it to judge by.
struct OrdersRecover: PlannedCheck {
  let plan: CheckPlan

  /// Of fewer orders a share says nothing.
  private static let fewest = 15
  /// So many before the disturbance speak for themselves. Of fewer it must be one at least that was early enough to be
  /// confirmed before it (in ns).
  private static let enough = 5
  private static let early: Int64 = 200_000_000

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 1 }
  private var within: Int64 { plan.parameters["within_ms"].flatMap { Int64($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let seconds = Double(within) / 1000
    let expected = "\(seconds) s after it is over \(Int((share * 100).rounded())) % of the orders are confirmed"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let orders = history.ordersSent(in: window)
    let own = history.faults.filter { span.contains($0.at) && $0.fault.parameters["trial"] == plan.trial }
    let begin = own.first { $0.fault.action == "inject" }?.at
    if let begin {
      let before = orders.filter { $0.scheduled < begin }
      let isClosed =
        before.count >= Self.enough
        ? !before.contains(where: \.isConfirmed)
        : before.contains { $0.scheduled + Self.early <= begin } && !orders.contains(where: \.isConfirmed)
      if isClosed {
        let observed = "none of \(before.count) orders was confirmed before anything happened"
        let blamed = history.outsideOfStandstills(before, in: window)
        guard blamed.count >= min(before.count, Self.enough) else { return hindered(observed, expected: expected) }
        return .violated("orders_refused", observed, expected: expected)
      }
    }
    guard let begin, let end = own.last(where: { $0.fault.action == "cleared" })?.at, end > begin else {
      return .inconclusive(.notTried, "no disturbance came and went", expected: expected)
    }
    let after = orders.filter { $0.scheduled >= end + within * 1_000_000 }
    guard after.count >= Self.fewest else {
      return .inconclusive(.notTried, "\(after.count) orders came after it", expected: expected)
    }
    let unconfirmed = after.filter { !$0.isConfirmed }
    let observed = "\(after.count - unconfirmed.count) of \(after.count) orders were confirmed"
    func isEnough(without lost: Int) -> Bool { Double(after.count - lost) >= share * Double(after.count) }
    guard isEnough(without: unconfirmed.count) else {
      let blamed = history.outsideOfStandstills(unconfirmed, in: window)
      guard !isEnough(without: blamed.count) else { return hindered(observed, expected: expected) }
      return .violated("not_recovered", observed, expected: expected)
    }
    return .met(observed, expected: expected)
  }
}

extension History {
  /// The users' orders that were sent in `phase`.
  func ordersSent(in phase: String) -> [RequestEvent] {
    requests(stream: "users", in: phase).filter { $0.op == DrillCore.Operation.order.rawValue && $0.sent != nil }
  }
}

extension RequestEvent {
  /// Whether it is an order that was acknowledged as paid and sold.
  var isConfirmed: Bool { outcome == .ok && labels?["state"] == "confirmed" }
}

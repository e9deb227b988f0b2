import DrillCore

/// Those who order get their reply soon: the share of orders that take longer, or get none, stays within what the brief
/// allows.
///
/// The judge commits something of its own on the same server meanwhile, which waits for nobody. The time of such
/// commits, where they were slow, is the machine's, and so is the time in which a service of the shop was ready to run
/// and got no processor, and that of standstills: an order that was late by nothing else speaks neither for the lab nor
/// against it.
///
/// Reasons:
/// - `checkouts_hang`: more took longer.
/// - `no_success_of_op` (inconclusive): hardly anybody ordered.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or the machine was so
///   slow that nobody can tell.
/// - `not_tried` (inconclusive): there were no users.
struct CheckoutsDoNotHang: PlannedCheck {
  let plan: CheckPlan

  private static let fewest = 20
  /// A commit that took longer says that the machine is slow; it usually takes a few milliseconds. In ms.
  private static let slowCommit = 100.0
  /// A service that waits for a processor for a larger share of the time is held up by the machine. Nobody who waits
  /// for a lock does that.
  private static let scarceProcessor = 0.5

  private var bound: Int64 { plan.parameters["within_ms"].flatMap { Int64($0) } ?? 1000 }
  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let expected = "orders are answered within \(bound) ms"
    let window = phase("window")
    let users = history.requests(stream: "users", in: window)
    guard !users.isEmpty else { return .inconclusive(.notTried, "there were no users", expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let orders = users.filter { $0.op == DrillCore.Operation.order.rawValue && $0.sent != nil }
    guard orders.count >= Self.fewest else {
      return .inconclusive(.noSuccessOfOp, "\(orders.count) ordered", expected: expected)
    }
    let limit = bound * 1_000_000
    func waited(_ order: RequestEvent) -> Int64 {
      // Somebody who got no reply would have had to wait longer.
      let never = limit + 1
      return order.status == nil ? max(order.latency ?? never, never) : order.latency ?? never
    }
    let slow = orders.filter { waited($0) > limit }
    let worst = (orders.compactMap(\.latency).max() ?? 0) / 1_000_000
    let observed = "\(slow.count) of \(orders.count) orders took longer, the longest \(worst) ms"
    // One may always be unlucky where any share is allowed.
    let allowed = share > 0 ? max(1, Int(share * Double(orders.count))) : 0
    guard slow.count > allowed else { return .met(observed, expected: expected) }
    let stalls = History.joined(
      history.standstills(in: window)
        + history.stalls(
          in: window, above: [.commit: Self.slowCommit, .processor: Self.scarceProcessor, .machine: 0]))
    let hung = slow.filter { waited($0) - $0.span.shared(with: stalls) > limit }
    guard hung.count <= allowed else { return .violated("checkouts_hang", observed, expected: expected) }
    return .inconclusive(
      .loadNotDelivered, "\(observed), while the machine itself was slow", expected: expected)
  }
}

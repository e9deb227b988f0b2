import DrillCore

/// What was acknowledged is there: every reservation and every order that got a 2xx reply stands in the database, each
/// order once and with the total that the user was told.
///
/// Reasons:
/// - `acknowledged_lost`: something acknowledged is missing.
/// - `order_duplicated`: one idempotency key made two orders.
/// - `order_altered`: an order's total is not what was acknowledged.
/// - `probe_dead` (inconclusive): the database could not be read.
/// - `no_success_of_op` (inconclusive): nothing was acknowledged.
struct AcknowledgedIsKept: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "everything acknowledged is in the database, once"
    let reserved = Set(
      history.requests.filter { $0.op == DrillCore.Operation.reserve.rawValue && $0.outcome == .ok }.compactMap(\.key))
    let placing = [DrillCore.Operation.order.rawValue, DrillCore.Operation.orderAgain.rawValue]
    let orders = history.requests.filter { placing.contains($0.op) && $0.outcome == .ok }
    guard !reserved.isEmpty || !orders.isEmpty else {
      return .inconclusive(.noSuccessOfOp, "nothing was acknowledged", expected: expected)
    }
    var orderOfKey: [String: String] = [:]
    for order in orders {
      guard let key = order.key, let id = order.labels?["order"] else {
        return .violated("acknowledged_lost", "an order was acknowledged without an id", expected: expected)
      }
      if let other = orderOfKey[key], other != id {
        return .violated("order_duplicated", "the key \(key) made the orders \(other) and \(id)", expected: expected)
      }
      orderOfKey[key] = id
    }
    if !reserved.isEmpty {
      guard let rows = found(history, "reservations") else {
        return .inconclusive(.probeDead, "the reservations could not be read", expected: expected)
      }
      let lost = reserved.subtracting(rows)
      guard lost.isEmpty else {
        return .violated(
          "acknowledged_lost", "\(lost.count) of \(reserved.count) reservations are missing", expected: expected)
      }
    }
    if !orders.isEmpty, let finding = compare(orders, orderOfKey, history, expected) { return finding }
    return .met("\(reserved.count) reservations and \(orderOfKey.count) orders are there", expected: expected)
  }

  private func compare(
    _ orders: [RequestEvent], _ orderOfKey: [String: String], _ history: History, _ expected: String
  ) -> Finding? {
    guard let rows = history.latestRows("orders") else {
      return .inconclusive(.probeDead, "the orders could not be read", expected: expected)
    }
    var totals: [String: Int64] = [:]
    var keys: [String: String] = [:]
    for (id, (key, total)) in zip(rows.values(of: "id"), zip(rows.values(of: "key"), rows.values(of: "total_cents"))) {
      guard let id else { continue }
      totals[id] = total.flatMap { Int64($0) } ?? 0
      if let key { keys[key] = id }
    }
    let lost = orderOfKey.filter { totals[$0.value] == nil || keys[$0.key] != $0.value }
    guard lost.isEmpty else {
      return .violated(
        "acknowledged_lost", "\(lost.count) of \(orderOfKey.count) orders are missing", expected: expected)
    }
    for order in orders {
      guard let id = order.labels?["order"], let told = order.values?["total_cents"] else { continue }
      guard totals[id] == told else {
        return .violated(
          "order_altered", "order \(id) was acknowledged over \(told) cents and stands at \(totals[id] ?? 0)",
          expected: expected)
      }
    }
    return nil
  }

  private func found(_ history: History, _ name: String) -> Set<String>? {
    history.latestRows(name).map { Set($0.values(of: "id").compactMap { $0 }) }
  }
}

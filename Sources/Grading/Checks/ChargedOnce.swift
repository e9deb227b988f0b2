import DrillCore

/// Each acknowledged order was charged at the provider once, over its total; no idempotency key twice.
///
/// Reasons:
/// - `charged_twice`: the provider's book has a key more than once, or an order was charged under two keys.
/// - `not_charged`: an order was confirmed and never charged.
/// - `charged_wrong`: the provider took another amount.
/// - `charged_unknown`: the provider took money under a key of which the shop knows nothing.
/// - `probe_dead` (inconclusive): the charges or the provider's book could not be read.
/// - `no_success_of_op` (inconclusive): no order was confirmed.
struct ChargedOnce: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "each order is charged once"
    let confirmed = history.requests.filter {
      $0.op == DrillCore.Operation.order.rawValue && $0.outcome == .ok && $0.labels?["state"] == "confirmed"
    }
    guard !confirmed.isEmpty else { return .inconclusive(.noSuccessOfOp, "no order was confirmed", expected: expected) }
    guard let charges = history.latestRows("payments"), let ledger = history.latestRows("ledger") else {
      return .inconclusive(.probeDead, "the provider's book could not be read", expected: expected)
    }
    var times: [String: Int] = [:]
    var amounts: [String: Int64] = [:]
    for (key, (amount, count)) in zip(
      ledger.values(of: "key"), zip(ledger.values(of: "amount_cents"), ledger.values(of: "times")))
    {
      guard let key else { continue }
      times[key] = count.flatMap { Int($0) } ?? 0
      amounts[key] = amount.flatMap { Int64($0) } ?? 0
    }
    if let twice = times.filter({ $0.value > 1 }).min(by: { $0.key < $1.key }) {
      return .violated("charged_twice", "the key \(twice.key) was charged \(twice.value) times", expected: expected)
    }
    guard let strangers = history.latestRows("ledger.strangers")?.values(of: "key") else {
      return .inconclusive(.probeDead, "what stood in the provider's book before is not known", expected: expected)
    }
    if let stranger = strangers.compactMap({ $0 }).first {
      return .violated(
        "charged_unknown", "the company took money under the key \(stranger), of which the shop knows nothing",
        expected: expected)
    }
    var keys: [String: [String]] = [:]
    for (order, key) in zip(charges.values(of: "order_id"), charges.values(of: "key")) {
      if let order, let key { keys[order, default: []].append(key) }
    }
    for order in confirmed {
      guard let id = order.labels?["order"] else { continue }
      let taken = keys[id, default: []].filter { times[$0, default: 0] > 0 }
      guard let key = taken.first else {
        return .violated("not_charged", "order \(id) was confirmed and never charged", expected: expected)
      }
      guard taken.count == 1 else {
        return .violated("charged_twice", "order \(id) was charged under \(taken.count) keys", expected: expected)
      }
      if let total = order.values?["total_cents"], amounts[key] != total {
        return .violated(
          "charged_wrong", "order \(id) over \(total) cents was charged \(amounts[key] ?? 0)", expected: expected)
      }
    }
    return .met("\(confirmed.count) orders were charged once", expected: expected)
  }
}

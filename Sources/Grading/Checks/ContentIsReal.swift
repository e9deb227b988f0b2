import DrillCore

/// What the shop shows is what its database says.
///
/// Stock is never cached: the judge changes the stock of some products in the database in the middle of the window, and
/// every read that began afterwards must show it, every read that ended before must not. A price may be as old as the
/// brief allows, so only prices that the database has not had for that long count.
///
/// Reasons:
/// - `content_made_up`: something else was shown.
/// - `probe_dead` (inconclusive): the judge could not look at the database or change it.
/// - `no_success_of_op` (inconclusive): nothing was shown after the change.
/// - `not_tried` (inconclusive): the window ended before the change.
struct ContentIsReal: PlannedCheck {
  let plan: CheckPlan

  private struct Touch {
    var began: Int64
    var done: Int64
    var before: [String: Int64]
    var after: [String: Int64]
  }

  func evaluate(_ history: History) -> Finding {
    let expected = "stock and prices are those of the database"
    guard let touch = touch(in: history), let products = history.rows("products").last else {
      if let reason = history.endedEarly(phase("window")) {
        return .inconclusive(.notTried, "the window ended early: \(reason)", expected: expected)
      }
      return .inconclusive(.probeDead, "the database could not be compared", expected: expected)
    }
    if let wrong = wrongPrice(history, products) {
      return .violated("content_made_up", wrong, expected: expected)
    }
    let reads = history.requests(stream: "sweep", in: phase("window")).filter {
      $0.op == DrillCore.Operation.stock.rawValue && $0.outcome == .ok
    }
    var fresh = 0
    for read in reads {
      guard let sku = read.labels?["sku"], let shown = read.values?["on_hand"] else {
        return .violated("content_made_up", "\(read.target ?? "") shows no stock", expected: expected)
      }
      guard let before = touch.before[sku], let after = touch.after[sku] else {
        return .violated(
          "content_made_up", "\(read.target ?? "") shows \(sku), which was not asked", expected: expected)
      }
      let began = read.sent ?? read.scheduled
      let ended = read.done ?? began
      let isAfter = began > touch.done
      let isRight = isAfter ? shown == after : ended < touch.began ? shown == before : shown == before || shown == after
      guard isRight else {
        return .violated(
          "content_made_up",
          "\(read.target ?? "") shows \(shown) of \(sku) where the database has \(isAfter ? after : before)",
          expected: expected)
      }
      if isAfter { fresh += 1 }
    }
    guard fresh > 0 else {
      return .inconclusive(.noSuccessOfOp, "nothing was read after the change", expected: expected)
    }
    return .met("\(reads.count) reads agree with the database, \(fresh) of them after a change", expected: expected)
  }

  private func touch(in history: History) -> Touch? {
    let faults = history.faults.map(\.fault)
    guard
      let fault = faults.first(where: {
        $0.kind == "touch" && $0.action == "verified" && $0.parameters["trial"] == plan.trial
      }),
      let began = fault.parameters["began"].flatMap({ Int64($0) }),
      let done = fault.parameters["done"].flatMap({ Int64($0) }),
      let before = history.rows("\(plan.trial).marker.before").last,
      let after = history.rows("\(plan.trial).marker.after").last
    else { return nil }
    return Touch(began: began, done: done, before: onHand(before), after: onHand(after))
  }

  private func onHand(_ rows: RowsEvent) -> [String: Int64] {
    var result: [String: Int64] = [:]
    for (sku, text) in zip(rows.values(of: "sku"), rows.values(of: "on_hand")) {
      if let sku, let text { result[sku] = Int64(text) }
    }
    return result
  }

  private func wrongPrice(_ history: History, _ products: RowsEvent) -> String? {
    let freshness = Double(plan.parameters["freshness"].flatMap { Int($0.replacing("s", with: "")) } ?? 60)
    var prices: [String: Int64] = [:]
    var unsettled: Set<String> = []
    let columns = zip(products.values(of: "sku"), zip(products.values(of: "price_cents"), products.values(of: "age_s")))
    for (sku, (price, age)) in columns {
      guard let sku else { continue }
      prices[sku] = price.flatMap { Int64($0) }
      if (age.flatMap { Double($0) } ?? 0) < freshness { unsettled.insert(sku) }
    }
    for request in history.requests(stream: "users", in: phase("window")) where request.outcome == .ok {
      var shown: [String: Int64] = [:]
      if request.op == DrillCore.Operation.product.rawValue {
        guard let sku = request.labels?["sku"], let price = request.values?["price_cents"] else {
          return "the page of a product shows no product or no price"
        }
        shown[sku] = price
      }
      for (name, value) in request.values ?? [:] where name.hasPrefix("price:") {
        shown[String(name.dropFirst("price:".count))] = value
      }
      for (sku, price) in shown.sorted(by: { $0.key < $1.key }) where !unsettled.contains(sku) {
        guard prices[sku] == price else {
          return "\(sku) is shown for \(price) cents, the database says \(prices[sku].map(String.init) ?? "nothing")"
        }
      }
    }
    return nil
  }
}

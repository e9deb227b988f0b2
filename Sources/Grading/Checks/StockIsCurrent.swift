import DrillCore

/// Everybody who looks at a product's stock through the front door sees what the database had at most so long ago.
///
/// The judge changes the stock of products that nobody else touches, several times while looks go on; so it is known
/// which value each of them had when.
///
/// Reasons:
/// - `stale_stock`: a look showed a value that had been replaced for longer than the bound.
/// - `content_made_up`: a look showed a value that the product never had.
/// - `stock_refused`: looks were refused or not answered, more than the share that the brief allows.
/// - `front_door_missing`: no gateway runs.
/// - `load_not_delivered` (inconclusive): the looks did not go out, or went out late; or the only ones that showed
///   something stale, or were refused, were those while the machine stood still or others had it.
/// - `probe_dead` (inconclusive): the judge could not change the stock.
/// - `no_success_of_op` (inconclusive): no look could have shown anything stale.
/// - `not_tried` (inconclusive): there were no looks.
struct StockIsCurrent: PlannedCheck {
  let plan: CheckPlan

  private var bound: Int64 { Int64(plan.parameters["within_ms"].flatMap { Int($0) } ?? 1000) * 1_000_000 }
  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  /// What a product's stock was, and in between which times it may have become that and ceased to be it.
  private struct State {
    var value: Int64
    var from: Int64
    var until: Int64
  }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "the stock that is shown is at most \(bound / 1_000_000) ms old"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let looks = history.requests(stream: "looks", in: window).filter { $0.sent != nil }
    guard !looks.isEmpty else { return .inconclusive(.notTried, "nobody looked", expected: expected) }
    guard let states = states(in: history) else {
      return .inconclusive(.probeDead, "the judge could not change the stock", expected: expected)
    }
    let initial = initial(in: history)
    var telling = 0
    var excused: Finding?
    for look in looks where look.outcome == .ok {
      guard let sku = look.labels?["sku"], let shown = look.values?["on_hand"], let known = states[sku] else {
        return .violated("content_made_up", "a page shows no stock of what was asked", expected: expected)
      }
      let sent = look.sent ?? look.scheduled
      let done = look.done ?? sent
      let same = known.filter { $0.value == shown }
      // The judge only ever adds: less than there was at the beginning is what there was before it.
      if let first = known.first?.value, shown < first {
        return .violated("stale_stock", "\(sku) is shown as it was before the window", expected: expected)
      }
      guard same.contains(where: { $0.from <= done }) else {
        // Who reserved some of it before the window left less than there was.
        if let initial = initial[sku], shown <= initial {
          return .violated("stale_stock", "\(sku) is shown as it was before the window", expected: expected)
        }
        return .violated(
          "content_made_up", "\(sku) is shown with \(shown), which it did not have yet", expected: expected)
      }
      guard same.contains(where: { $0.until >= sent - bound }) else {
        let age = (sent - (same.map(\.until).max() ?? sent)) / 1_000_000
        let observed = "\(sku) is shown as it was \(age) ms before"
        guard history.mayBeLate(sent - bound...done, in: window) else {
          return .violated("stale_stock", observed, expected: expected)
        }
        excused = hindered(observed, expected: expected)
        continue
      }
      if known.contains(where: { $0.until < sent - bound }) { telling += 1 }
    }
    if let late = undelivered(history, stream: "looks", in: window, expected: expected) { return late }
    let refused = looks.filter { $0.outcome != .ok }
    let most = share * Double(looks.count)
    guard Double(refused.count) <= most else {
      let one = refused[0]
      let words = one.status.map { "\($0) \(one.code ?? "")" } ?? (one.code ?? "no answer")
      let observed = "\(refused.count) of \(looks.count) looks got \(words)"
      guard Double(history.outsideOfStandstills(refused, in: window).count) > most else {
        return hindered(observed, expected: expected)
      }
      return .violated("stock_refused", observed, expected: expected)
    }
    if let excused { return excused }
    guard telling >= 20 else {
      return .inconclusive(.noSuccessOfOp, "\(telling) looks came late enough to show it", expected: expected)
    }
    return .met("\(telling) looks showed nothing older", expected: expected)
  }

  /// How much of each product there was before anybody took any.
  private func initial(in history: History) -> [String: Int64] {
    let before = history.rows("\(plan.trial).marker.before").last
    let pairs = zip(before?.values(of: "sku") ?? [], before?.values(of: "initial") ?? [])
    return pairs.reduce(into: [:]) { if let sku = $1.0, let text = $1.1 { $0[sku] = Int64(text) } }
  }

  /// The states of each product in order; `nil` where a change failed or is not known.
  private func states(in history: History) -> [String: [State]]? {
    let touches = history.faults.map(\.fault).filter {
      $0.kind == "touch" && $0.parameters["trial"] == plan.trial
    }
    guard !touches.isEmpty, touches.allSatisfy({ $0.action == "verified" }),
      let before = history.rows("\(plan.trial).marker.before").last
    else { return nil }
    var states: [String: [State]] = [:]
    for (sku, text) in zip(before.values(of: "sku"), before.values(of: "on_hand")) {
      guard let sku, let value = text.flatMap({ Int64($0) }) else { return nil }
      states[sku] = [State(value: value, from: .min, until: .max)]
    }
    for touch in touches {
      guard let began = touch.parameters["began"].flatMap({ Int64($0) }),
        let done = touch.parameters["done"].flatMap({ Int64($0) }),
        let amount = touch.parameters["amount"].flatMap({ Int64($0) }), let skus = touch.parameters["skus"]
      else { return nil }
      for sku in skus.split(separator: ",").map(String.init) {
        guard var known = states[sku], let last = known.indices.last else { return nil }
        known[last].until = done
        known.append(State(value: known[last].value + amount, from: began, until: .max))
        states[sku] = known
      }
    }
    return states
  }
}

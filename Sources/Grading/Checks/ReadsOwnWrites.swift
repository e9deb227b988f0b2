import DrillCore

/// Who placed an order and looks at it a while later sees it, as it was acknowledged, whenever that is.
///
/// Reasons:
/// - `stale_read`: an order that was acknowledged is not found, or shows an older state or another total.
/// - `read_refused`: the read was refused or not answered for another reason.
/// - `front_door_missing`: no gateway runs.
/// - `orders_refused`: so few orders were taken that nobody could read theirs.
/// - `load_not_delivered` (inconclusive): the sessions did not go out, or went out late; or the only reads that failed
///   were those while the machine stood still or others had it.
/// - `not_tried` (inconclusive): there were none, or the lag was not seen.
struct ReadsOwnWrites: PlannedCheck {
  let plan: CheckPlan

  private var least: Int { plan.parameters["reads"].flatMap { Int($0) } ?? 1 }

  func evaluate(_ history: History) -> Finding {
    let expected = "each acknowledged order can be read by who placed it"
    let window = phase("window")
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let all = history.requests(stream: "follow").filter { $0.sent != nil }
    guard let span = history.span(of: window), !all.isEmpty else {
      return .inconclusive(.notTried, "nobody ordered and looked", expected: expected)
    }
    let own = all.filter { span.contains($0.scheduled) }
    let reads = own.filter { $0.op == DrillCore.Operation.orderRead.rawValue }
    let orders = own.filter { $0.op == DrillCore.Operation.order.rawValue }
    var told: [String: RequestEvent] = [:]
    for order in orders where order.outcome == .ok { if let id = order.labels?["order"] { told[id] = order } }
    func word(_ read: RequestEvent) -> String { "\(read.values?["delay_ms"] ?? 0) ms after the reply" }
    let missing = reads.filter { read in
      read.status == 404 && (read.labels?["order"]).map { told[$0] != nil } == true
    }
    func sincePlaced(_ read: RequestEvent) -> ClosedRange<Int64> {
      let end = read.done ?? read.scheduled
      let placed = (read.labels?["order"]).flatMap { told[$0]?.scheduled } ?? read.scheduled
      return min(placed, end)...end
    }
    let blamed = missing.filter { !history.mayBeLate(sincePlaced($0), in: window) }
    if let first = blamed.first {
      return .violated(
        "stale_read", "\(missing.count) of \(reads.count) orders were not found, one \(word(first))",
        expected: expected)
    }
    let older = reads.filter { read in
      guard read.outcome == .ok, let order = (read.labels?["order"]).flatMap({ told[$0] }) else { return false }
      return read.labels?["state"] != order.labels?["state"]
        || read.values?["total_cents"] != order.values?["total_cents"]
    }
    if let read = older.first(where: { !history.mayBeLate(sincePlaced($0), in: window) }) {
      let state = (read.labels?["order"]).flatMap { told[$0]?.labels?["state"] }
      return .violated(
        "stale_read",
        "\(word(read)) an order was \(read.labels?["state"] ?? "nothing"), acknowledged as \(state ?? "nothing")",
        expected: expected)
    }
    if let late = undelivered(history, stream: "follow", in: window, expected: expected) { return late }
    if let read = older.first {
      return hindered("\(older.count) of \(reads.count) orders were older, one \(word(read))", expected: expected)
    }
    let refused = reads.filter { $0.outcome != .ok }
    if let first = refused.first {
      let words = first.status.map { "\($0) \(first.code ?? "")" } ?? (first.code ?? "no answer")
      let observed = "\(refused.count) of \(reads.count) reads got \(words)"
      let others = refused.filter { read in !missing.contains(read) }
      guard !history.outsideOfStandstills(others, in: window).isEmpty else {
        return hindered(observed, expected: expected)
      }
      return .violated("read_refused", observed, expected: expected)
    }
    guard reads.count >= least else {
      return .violated(
        "orders_refused", "\(told.count) of \(orders.count) orders were taken, \(reads.count) could be read",
        expected: expected)
    }
    return .met("\(reads.count) of \(reads.count) orders were read as acknowledged", expected: expected)
  }
}

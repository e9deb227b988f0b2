import DrillCore

/// What the users ask for is not multiplied on its way: the payment company gets at most so many requests for each
/// order, by its own count, over a window with a disturbance.
///
/// Reasons:
/// - `requests_multiplied`: it got more.
/// - `front_door_missing`: no gateway runs.
/// - `probe_dead` (inconclusive): the company could not be asked.
/// - `load_not_delivered`, `no_success_of_op` (inconclusive): there were too few orders to count by.
struct RequestsPerOrder: PlannedCheck {
  let plan: CheckPlan

  private static let fewest = 20

  private var most: Double { plan.parameters["most"].flatMap { Double($0) } ?? 1 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "at most \(most) requests at the payment company for each order"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    guard let before = history.rows("\(window).provider.before").last?.number("received"),
      let after = history.rows("\(window).provider.after").last?.number("received"),
      let attempts = history.rows("\(window).attempts").last
    else { return .inconclusive(.probeDead, "the payment company did not say", expected: expected) }
    guard after >= before else {
      return .inconclusive(.probeDead, "the payment company counts anew", expected: expected)
    }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let orders = history.ordersSent(in: window)
    guard orders.count >= Self.fewest else {
      return .inconclusive(.noSuccessOfOp, "\(orders.count) orders were sent", expected: expected)
    }
    var sum = attempts.values(of: "attempts").reduce(0) { $0 + ($1.flatMap { Int($0) } ?? 0) }
    // A shop that charges under keys of its own hides nothing: then everything counts that came.
    if sum < orders.count(where: \.isConfirmed) { sum = after - before }
    let ratio = Double(sum) / Double(orders.count)
    let tenths = Double(Int(ratio * 10)) / 10
    let observed = "\(sum) requests for \(orders.count) orders, \(tenths) each"
    return ratio <= most
      ? .met(observed, expected: expected) : .violated("requests_multiplied", observed, expected: expected)
  }
}

extension RowsEvent {
  /// The whole number in the first row's column of that name.
  func number(_ column: String) -> Int? { values(of: column).first.flatMap { $0 }.flatMap { Int($0) } }
}

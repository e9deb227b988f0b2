import DrillCore

/// No transactions of the shop wait for each other in a circle, by the server's count and by its log: one of both is
/// enough to tell, for either can be silenced.
///
/// Reasons:
/// - `deadlocks`: the server counted or logged one, or more.
/// - `probe_dead` (inconclusive): the count could not be read before and after, or neither is kept.
/// - `no_success_of_op` (inconclusive): there were not enough orders for any to meet.
/// - `not_tried` (inconclusive): there was no window.
struct DeadlocksDoNotHappen: PlannedCheck {
  let plan: CheckPlan

  private var least: Int { plan.parameters["orders"].flatMap { Int($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "no deadlock"
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    func looks(_ name: String) -> [ProbeEvent] {
      history.probes(name).map(\.probe).filter { $0.labels["phase"] == window }
    }
    let counts = looks("deadlocks").filter { !$0.dead }
    let logged = looks("deadlocks.log").last.flatMap { $0.dead ? nil : $0.value }
    let counted = Self.rise(of: counts.compactMap(\.value))
    let most = max(counted ?? 0, logged ?? 0)
    guard most == 0 else {
      return .violated(
        "deadlocks", "deadlocks: \(Int(counted ?? 0)) by the server's count, \(Int(logged ?? 0)) in its log",
        expected: expected)
    }
    let isCounted = counted != nil && counts.allSatisfy { $0.labels["counts"] == "t" }
    let isLogged = logged != nil && counts.allSatisfy { $0.labels["logs"] == "t" }
    guard counted != nil, isCounted || isLogged else {
      return .inconclusive(.probeDead, "nobody counts deadlocks", expected: expected)
    }
    let orders = history.requests.filter {
      $0.op == DrillCore.Operation.order.rawValue && $0.outcome == .ok && span.contains($0.scheduled)
    }.count
    guard orders >= least else {
      return .inconclusive(.noSuccessOfOp, "\(orders) orders were placed, too few to meet", expected: expected)
    }
    return .met("none in \(orders) orders", expected: expected)
  }

  /// By how much a count grew in all; a server that was restarted or reset counts from nothing. `nil` with fewer than
  /// two looks.
  private static func rise(of values: [Double]) -> Double? {
    guard values.count >= 2 else { return nil }
    return zip(values, values.dropFirst()).reduce(0) { $0 + ($1.1 >= $1.0 ? $1.1 - $1.0 : $1.1) }
  }
}

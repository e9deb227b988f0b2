import DrillCore

/// What needs no payment goes on while payments are in trouble: of all requests but orders at most such a share is
/// turned away, over the whole window.
///
/// Reasons:
/// - `pages_refused`: more were turned away, or not answered within the users' patience.
/// - `front_door_missing`: no gateway runs.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or so many were turned
///   away only because the machine stood still or others had it.
/// - `not_tried` (inconclusive): there were none.
struct PagesAreServed: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "at most \(share * 100) % of all other requests turned away"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let others = history.requests(stream: "users", in: window).filter {
      $0.op != DrillCore.Operation.order.rawValue && $0.outcome != .dropped
    }
    guard !others.isEmpty else { return .inconclusive(.notTried, "there were none", expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let refused = others.filter { $0.outcome != .ok && !$0.isRightlyNotFound }
    let observed = "\(refused.count) of \(others.count) requests turned away"
    // A short window must not fail by rounding: one request may always go wrong where any share is allowed.
    let allowed = share > 0 ? max(1, Int(share * Double(others.count))) : 0
    guard refused.count <= allowed else {
      guard history.outsideOfStandstills(refused, in: window).count > allowed else {
        return hindered(observed, expected: expected)
      }
      let words = refused[0].status.map { "\($0) \(refused[0].code ?? "")" } ?? (refused[0].code ?? "no answer")
      return .violated("pages_refused", "\(observed) (\(refused[0].op): \(words))", expected: expected)
    }
    return .met(observed, expected: expected)
  }
}

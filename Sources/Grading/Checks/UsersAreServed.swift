import DrillCore

/// The share of the users' requests that is turned away stays within what the brief allows.
///
/// Reasons:
/// - `users_refused`: more were turned away, or not answered within the users' patience.
/// - `front_door_missing`: no gateway runs, so nobody gets in.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or so many were turned
///   away only because the machine stood still or others had it.
/// - `not_tried` (inconclusive): there were no users.
struct UsersAreServed: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let expected = "at most \(percent(share)) of the users' requests turned away"
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let requests = history.requests(stream: "users", in: window)
    guard !requests.isEmpty else { return .inconclusive(.notTried, "there were no users", expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let sent = requests.filter { $0.outcome != .dropped }
    let refused = sent.filter { $0.outcome != .ok && !$0.isRightlyNotFound }
    // A short window must not fail by rounding: one request may always go wrong where any share is allowed.
    let allowed = share > 0 ? max(1, Int(share * Double(sent.count))) : 0
    let observed = "\(refused.count) of \(sent.count) requests turned away"
    guard refused.count > allowed else { return .met(observed, expected: expected) }
    let blamed = history.outsideOfStandstills(refused, in: window)
    if blamed.count > allowed {
      let first = blamed[0]
      let words = first.status.map { "\($0) \(first.code ?? "")" } ?? (first.code ?? "no answer")
      return .violated("users_refused", "\(observed) (\(first.op): \(words))", expected: expected)
    }
    return hindered(observed, expected: expected)
  }

  private func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}

extension History {
  /// Whether the users of `phase` found no gateway to go to.
  func frontDoorIsMissing(in phase: String) -> Bool {
    probes("front-door").contains { !$0.probe.ok && $0.probe.labels["phase"] == phase }
  }
}

extension RequestEvent {
  /// Whether somebody asked for an order that does not exist, and was told so.
  var isRightlyNotFound: Bool { op == DrillCore.Operation.orderUnknown.rawValue && status == 404 }
}

import DrillCore

/// Every instance, asked directly and in turn, answers every kind of uncached request without a single refusal.
///
/// Reasons, the first two by the names that the scenario gives them:
/// - `missing`: fewer instances run than the brief demands.
/// - `refuses`: an instance refused, cut off or did not answer a request.
/// - `load_not_delivered` (inconclusive): the visits did not go out, went out late, or did not reach every instance; or
///   the machine was so crowded that an instance had no time for them.
/// - `no_success_of_op` (inconclusive): a kind of request has not one success.
/// - `not_tried` (inconclusive): there was no window.
struct EveryInstanceServes: PlannedCheck {
  let plan: CheckPlan
  /// What every instance must have answered.
  let operations: [DrillCore.Operation]

  /// A repair that opens a connection for each visit uses most of two processors: alone it sees work take 3 times as
  /// long as usual, and beside another such fleet 9 times.
  private static let crowd = 5.0

  private var demanded: Int { plan.parameters["instances"].flatMap { Int($0) } ?? 1 }
  private var missing: String { plan.parameters["missing"] ?? "instances_missing" }
  private var refuses: String { plan.parameters["refuses"] ?? "instance_refuses" }

  func evaluate(_ history: History) -> Finding {
    let expected = "\(demanded) of \(demanded) instances answer every request"
    let counts = history.probes("instances").filter { $0.probe.labels["trial"] == plan.trial }
    if let low = counts.first(where: { ($0.probe.value ?? 0) < Double(demanded) }) {
      return .violated(missing, "\(Int(low.probe.value ?? 0)) instances run", expected: expected)
    }
    let window = phase("window")
    let targets = (history.rows("\(window).targets").last?.values(of: "node") ?? []).compactMap { $0 }
    guard !targets.isEmpty else { return .inconclusive(.notTried, "no instance was asked", expected: expected) }
    if targets.count < demanded {
      return .violated(missing, "\(targets.count) instances run", expected: expected)
    }
    let visits = history.requests(stream: "sweep", in: window)
    let late = undelivered(history, stream: "sweep", in: window, expected: expected)
    // A generator that was late sends in bursts what was planned evenly, and what comes of a burst says nothing; nor do
    // time-outs, which may be its own. A request that it sent on time is evidence all the same.
    let refused = visits.filter {
      $0.outcome != .ok && $0.outcome != .dropped
        && (late == nil || (($0.lateness ?? .max) <= punctual && ($0.status != nil || $0.code == "connect")))
    }
    if let first = refused.first {
      let nodes = Set(refused.compactMap(\.target))
      let words = first.status.map { "\($0) \(first.code ?? "")" } ?? (first.code ?? "no answer")
      let observed =
        "\(targets.count - nodes.count) of \(targets.count) instances answered every request; "
        + "\(listed(Array(nodes))) refused \(refused.count) of \(visits.count) (\(words))"
      let slowness = history.slowness(in: window)
      if slowness > Self.crowd, refused.allSatisfy(\.mayBeForWantOfTime) {
        return crowded(slowness, observed, expected: expected)
      }
      return .violated(refuses, observed, expected: expected)
    }
    if let late { return late }
    for operation in operations {
      let answered = Set(visits.filter { $0.op == operation.rawValue && $0.outcome == .ok }.compactMap(\.target))
      guard !answered.isEmpty else {
        return .inconclusive(.noSuccessOfOp, "not one success of '\(operation.rawValue)'", expected: expected)
      }
      let unasked = targets.filter { !answered.contains($0) }
      guard unasked.isEmpty else {
        return .inconclusive(
          .loadNotDelivered, "\(listed(unasked)) had no visit of '\(operation.rawValue)'", expected: expected)
      }
    }
    if let reason = history.endedEarly(window) {
      return .inconclusive(.loadNotDelivered, "the window ended early: \(reason)", expected: expected)
    }
    return .met("\(targets.count) of \(targets.count) instances answered \(visits.count) requests", expected: expected)
  }
}

extension RequestEvent {
  /// Whether somebody had no room for it, or did not get to it: not so one who failed, or who was not there.
  fileprivate var mayBeForWantOfTime: Bool { status == 503 || (status == nil && code != "connect") }
}

import DrillCore

/// An alert of the lab, silent at rest, fires when connections are taken away, before the first user is refused.
///
/// Reasons:
/// - `alert_always_on`: no alert began to fire, and one was firing before anything was taken away.
/// - `no_alert`: no alert fired at all.
/// - `alert_late`: the first refusal came first.
/// - `fault_not_verified` (inconclusive): the connections were not seen to be held.
/// - `probe_dead` (inconclusive): Prometheus could not be asked.
/// - `not_tried` (inconclusive): no connections were taken away.
struct AlertFiresFirst: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "an alert fires before the first refusal, and is silent at rest"
    guard let hold = history.span(of: phase("hold")) else {
      return .inconclusive(.notTried, "no connections were taken away", expected: expected)
    }
    let polls = history.probes("prometheus", in: phase("hold")).map(\.probe)
    guard polls.contains(where: \.ok) else {
      return .inconclusive(.probeDead, "Prometheus did not answer", expected: expected)
    }
    let before = firing(history, until: hold.lowerBound)
    let began = history.alerts.first {
      hold.contains($0.at) && $0.alert.state == "firing" && !before.contains($0.alert.name)
    }
    let refusal = history.requests(stream: "users", in: phase("hold")).filter { $0.outcome != .ok && $0.sent != nil }
      .compactMap(\.done).min()
    let verified = history.faults.contains {
      $0.fault.kind == "hold-connections" && $0.fault.action == "verified" && hold.contains($0.at)
    }
    guard verified else {
      return .inconclusive(.faultNotVerified, "the connections were not seen to be held", expected: expected)
    }
    guard let began else {
      return before.isEmpty
        ? .violated("no_alert", "no alert fired while connections were taken away", expected: expected)
        : .violated("alert_always_on", "\(listed(Array(before))) fired before anything happened", expected: expected)
    }
    if let refusal, refusal < began.at {
      return .violated(
        "alert_late", "\(began.alert.name) fired \((began.at - refusal) / 1_000_000) ms after the first refusal",
        expected: expected)
    }
    let after = (began.at - hold.lowerBound) / 1_000_000
    return .met("\(began.alert.name) fired after \(after) ms, before any refusal", expected: expected)
  }

  private func firing(_ history: History, until time: Int64) -> Set<String> {
    var state: [String: String] = [:]
    for (at, alert) in history.alerts where at < time { state[alert.name] = alert.state }
    return Set(state.filter { $0.value == "firing" }.keys)
  }
}

import DrillCore

/// The lab's preflight lets through what runs and what is known to be right, and refuses what is known to be wrong.
///
/// Reasons:
/// - `gate_refuses_good`: it refuses the lab as it runs, or settings that are right.
/// - `gate_lets_through`: it lets settings through that are wrong.
/// - `gate_broken`: it can't be run, ran out of time, or ended by a signal (status 124 and above).
/// - `not_tried` (inconclusive): it was not asked.
struct GateHolds: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "what is right passes, what is wrong is refused"
    let asked = history.probes("gate", in: phase("gate")).map(\.probe)
    func words(_ probe: ProbeEvent) -> String { probe.labels["values"].flatMap { $0.isEmpty ? nil : $0 } ?? "the lab" }
    if let broken = asked.first(where: { ($0.value ?? 255) >= 124 }) {
      return .violated(
        "gate_broken", "with \(words(broken)) it ended with \(Int(broken.value ?? 255)): \(broken.text ?? "")",
        expected: expected)
    }
    if let refused = asked.first(where: { $0.labels["purpose"] != "refuse" && !$0.ok }) {
      let detail = refused.labels["purpose"] == "now" ? "the lab as it runs" : words(refused)
      return .violated("gate_refuses_good", "it refuses \(detail): \(refused.text ?? "")", expected: expected)
    }
    if let through = asked.first(where: { $0.labels["purpose"] == "refuse" && $0.ok }) {
      return .violated("gate_lets_through", "it lets \(words(through)) through", expected: expected)
    }
    let purposes = Set(asked.compactMap { $0.labels["purpose"] })
    guard purposes == ["now", "pass", "refuse"] else {
      return .inconclusive(.notTried, "preflight was not asked", expected: expected)
    }
    if let reason = history.endedEarly(phase("gate")) {
      return .inconclusive(.notTried, "preflight was not asked to the end: \(reason)", expected: expected)
    }
    return .met("\(asked.count) of \(asked.count) answers were right", expected: expected)
  }
}

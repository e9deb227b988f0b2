import DrillCore

/// The lab's preflight lets the right number of instances through and refuses one more than the lab survives.
///
/// Reasons:
/// - `preflight_refuses_good`: it refuses a number that the brief wants.
/// - `preflight_broken`: it can't be run, ran out of time, or ended by a signal (status 124 and above).
/// - `preflight_lets_through`: it lets through what the lab does not survive, or any number at all.
/// - `preflight_unproven`: instances share connections, and it draws its line beyond what the judge can try.
/// - `not_tried`, `probe_dead`, `load_not_delivered` (inconclusive).
struct PreflightGuards: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "the right numbers pass, one more than the lab survives is refused"
    let runs = history.probes("preflight", in: phase("preflight")).map(\.probe)
    guard !runs.isEmpty else { return .inconclusive(.notTried, "preflight was not run", expected: expected) }
    if let broken = runs.first(where: { ($0.value ?? 255) >= 124 }) {
      return .violated(
        "preflight_broken",
        "with \(broken.labels["replicas"] ?? "") it ended with \(Int(broken.value ?? 255)): \(broken.text ?? "")",
        expected: expected)
    }
    if let refused = runs.first(where: { $0.labels["purpose"] == "good" && $0.value != 0 }) {
      return .violated(
        "preflight_refuses_good", "it refuses \(refused.labels["replicas"] ?? ""): \(refused.text ?? "")",
        expected: expected)
    }
    if let over = runs.first(where: { $0.labels["purpose"] == "over" }) {
      let number = over.labels["replicas"] ?? ""
      return over.value == 0
        ? .violated(
          "preflight_lets_through", "it lets \(number) through, which this lab does not survive", expected: expected)
        : .met("it lets the right numbers through and refuses \(number)", expected: expected)
    }
    guard let line = history.probes("preflight.line", in: phase("preflight")).map(\.probe).last else {
      return .inconclusive(.probeDead, "what the lab survives could not be measured", expected: expected)
    }
    guard line.ok, let most = line.value.map({ Int($0) }) else {
      return .violated("preflight_lets_through", "it lets any number through", expected: expected)
    }
    if line.labels["provable"] != "true" {
      return .violated(
        "preflight_unproven", "it lets \(most) through, more than the judge can try", expected: expected)
    }
    return judge(history, most: most, line: line, expected)
  }

  private func judge(_ history: History, most: Int, line: ProbeEvent, _ expected: String) -> Finding {
    if line.labels["tried"] == "true" {
      return .met("it lets \(most) through, which this lab was seen to survive", expected: expected)
    }
    var edge = plan
    edge.trial = "\(plan.trial).edge"
    edge.parameters = [
      "instances": "\(most)", "refuses": "preflight_lets_through", "missing": "preflight_lets_through",
    ]
    var finding = EveryInstanceServes(plan: edge, operations: [.stock, .reserve]).evaluate(history)
    finding.expected = expected
    if finding.status == .met { finding.observed = "it lets \(most) through, and the lab serves with that many" }
    return finding
  }
}

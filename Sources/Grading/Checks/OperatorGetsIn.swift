import DrillCore

/// An operator can open a session on the service's database at any time of the window.
///
/// Reasons:
/// - `operator_locked_out`: an attempt was refused, as the service's role and as the superuser.
/// - `probe_dead` (inconclusive): fewer than three attempts were made, or the probe itself failed.
struct OperatorGetsIn: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "an operator can connect at any time"
    let attempts = history.probes("operator.login", in: phase("window")).map(\.probe)
    let alive = attempts.filter { !$0.dead }
    if let refused = alive.first(where: { !$0.ok }) {
      let count = alive.count { !$0.ok }
      return .violated(
        "operator_locked_out", "\(count) of \(alive.count) attempts refused: \(refused.text ?? "")", expected: expected)
    }
    guard alive.count >= 3, alive.count == attempts.count else {
      return .inconclusive(
        .probeDead, "\(alive.count) of \(attempts.count) attempts could be made", expected: expected)
    }
    return .met("\(alive.count) of \(alive.count) attempts got in", expected: expected)
  }
}

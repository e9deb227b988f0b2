import DrillCore

/// When an instance dies while it sums up what many wait for, the others go on: from so long after its death to the end
/// of the window the pages of the hot products come as soon as ever.
///
/// Reasons:
/// - `not_served_after_death`: too many came later, or not at all.
/// - `fault_not_verified` (inconclusive): nobody was seen to die.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or the machine was so
///   crowded that nobody can tell.
/// - `not_tried` (inconclusive): there was no window, or it was over before.
struct ServedAfterOwnerDied: PlannedCheck {
  let plan: CheckPlan

  private var grace: Int64 { plan.parameters["after_ms"].flatMap { Int64($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let speed = PageSpeed(plan)
    let expected = "\(grace) ms after an instance died \(speed.expected)"
    guard history.span(of: window) != nil else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    let death = history.faults.first {
      $0.fault.kind == "strike" && $0.fault.action == "verified" && $0.fault.parameters["trial"] == plan.trial
    }
    guard let death else { return .inconclusive(.faultNotVerified, "nobody was seen to die", expected: expected) }
    let begin = death.at + grace * 1_000_000
    let pages = history.requests(stream: "users", in: window).filter {
      PageSpeed.isHotPage($0) && $0.scheduled >= begin
    }
    guard pages.count >= 50 else {
      return .inconclusive(.notTried, "\(pages.count) pages were asked for after that", expected: expected)
    }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let slow = speed.slow(pages)
    let observed = "\(slow) of \(pages.count) pages took longer or did not come"
    guard speed.isAllowed(slow, of: pages.count) else {
      let slowness = history.slowness(in: window, from: death.at)
      if slowness > PageSpeed.crowd { return crowded(slowness, observed, expected: expected) }
      return .violated("not_served_after_death", observed, expected: expected)
    }
    return .met(observed, expected: expected)
  }
}

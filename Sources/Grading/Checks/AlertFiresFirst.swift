import DrillCore

/// An alert of the lab, silent at rest, fires when the trial injects its fault, before more users are refused than the
/// objective allows: one request of a hundred, or the `share` that the scenario states.
///
/// At rest the same users are at work, so that an alert about their traffic is not taken for one about the fault.
///
/// Reasons:
/// - `alert_always_on`: no other alert began to fire than such as had fired, not long before, while all was well.
/// - `no_alert`: no alert fired at all.
/// - `alert_follows_clock`: the only alerts that fired speak of no figure of the shop, or fire now and then without
///   any.
/// - `alert_late`: the objective was missed before that.
/// - `front_door_missing`: no gateway runs, so nobody could be refused.
/// - `fault_not_verified` (inconclusive): the fault was not seen to take effect.
/// - `probe_dead` (inconclusive): Prometheus could not be asked.
/// - `load_not_delivered`, `no_success_of_op` (inconclusive): the users were not at work, or none got a thing.
/// - `not_tried` (inconclusive): no fault was injected.
struct AlertFiresFirst: PlannedCheck {
  let plan: CheckPlan

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0.01 }

  func evaluate(_ history: History) -> Finding {
    let percent = (share * 10_000).rounded() / 100
    let words = percent == percent.rounded() ? "\(Int(percent))" : "\(percent)"
    let expected = "an alert fires before \(words) % of the users are refused, and is silent at rest"
    guard let hold = AlertHold(history, phase: phase("hold")) else {
      return .inconclusive(.notTried, "no fault was injected", expected: expected)
    }
    let polls = history.probes("prometheus", in: phase("hold"))
    guard polls.contains(where: \.probe.ok) else {
      return .inconclusive(.probeDead, "Prometheus did not answer", expected: expected)
    }
    if history.frontDoorIsMissing(in: phase("hold")) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    guard let verified = hold.verified else {
      return .inconclusive(.faultNotVerified, "the fault was not seen to take effect", expected: expected)
    }
    let before = history.probes("prometheus", in: phase("rest")) + polls.filter { $0.at < verified }
    guard before.contains(where: \.probe.ok) else {
      return .inconclusive(.probeDead, "nobody knows which alerts were about before the fault", expected: expected)
    }
    if let early = hold.began(hold.first...verified), early.at < verified {
      return .inconclusive(
        .faultNotVerified, "\(early.alert.name) fired before the fault was seen to take effect", expected: expected)
    }
    if let idle = undelivered(history, stream: "users", in: phase("hold"), expected: expected) { return idle }
    let users = history.requests(stream: "users", in: phase("hold"))
    guard users.contains(where: { $0.outcome == .ok }) else {
      return .inconclusive(.noSuccessOfOp, "not one user was served", expected: expected)
    }
    // Only a 5xx or no reply at all is for want of connections; a 4xx is about the request.
    let refusals = users.filter { $0.outcome == .unknown && $0.sent != nil }.compactMap(\.done).sorted()
    // A share of a count is a hair less than it is on paper, now and then: 0.29 of 100 is 29.
    let allowed = Int(share * Double(users.count { $0.sent != nil }) + 1e-6)
    let refusal = refusals.dropFirst(allowed).first
    guard let began = hold.judged else {
      guard polls.last?.probe.ok == true else {
        return .inconclusive(.probeDead, "Prometheus did not answer any more", expected: expected)
      }
      if let alert = hold.unfounded.filter(hold.begun.contains).min() {
        return .violated(
          "alert_follows_clock", "\(alert) needs no figure of the shop to fire, or fires by the clock",
          expected: expected)
      }
      let standing = listed(Array(hold.before))
      return standing.isEmpty
        ? .violated("no_alert", "no alert fired while the fault lasted", expected: expected)
        : .violated(
          "alert_always_on",
          "\(standing) fired, or was about to, in the last \(AlertHold.quiet / 1_000_000_000) s before the fault",
          expected: expected)
    }
    if let refusal, refusal < began.at {
      // It may have fired unseen, since the last answer before the one that told of it.
      let silent = polls.last { !$0.probe.ok && $0.at < began.at }
      let heard = polls.filter { $0.probe.ok && $0.at < began.at }.dropLast().last?.at ?? 0
      if let silent, silent.at > heard, heard < refusal {
        return .inconclusive(.probeDead, "Prometheus did not answer when it mattered", expected: expected)
      }
      return .violated(
        "alert_late", "\(began.alert.name) fired \((began.at - refusal) / 1_000_000) ms after the objective was missed",
        expected: expected)
    }
    let foundations = history.probes("alert.foundation", in: phase("hold")).map(\.probe)
    guard foundations.contains(where: { $0.ok && $0.text == began.alert.name }) else {
      return .inconclusive(.probeDead, "the rule of \(began.alert.name) could not be looked at", expected: expected)
    }
    let after = (began.at - hold.span.lowerBound) / 1_000_000
    return .met("\(began.alert.name) fired after \(after) ms, before the objective was missed", expected: expected)
  }
}

import DrillCore

/// Counts of reserved pieces that were made wrong are right again in time: the shop's own job is at work.
///
/// Reasons:
/// - `counts_stay_wrong`: some were wrong still.
/// - `fault_not_verified` (inconclusive): they could not be made wrong.
/// - `probe_dead` (inconclusive): they could not be looked at.
/// - `not_tried` (inconclusive): nobody made them wrong.
struct CountsAreSetRight: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "counts of reserved pieces that are wrong are set right"
    let own = history.faults.map(\.fault).filter {
      $0.kind == "wrong-counts" && $0.parameters["trial"] == plan.trial
    }
    guard !own.isEmpty else { return .inconclusive(.notTried, "no count was made wrong", expected: expected) }
    guard own.contains(where: { $0.action == "verified" }) else {
      let detail = own.last?.parameters["detail"] ?? "nobody looked"
      return .inconclusive(.faultNotVerified, "no count was made wrong: \(detail)", expected: expected)
    }
    let window = phase("window")
    guard let look = history.probes("wrong-counts").last(where: { $0.probe.labels["phase"] == window })?.probe,
      !look.dead, let left = look.value
    else { return .inconclusive(.probeDead, "nobody saw what became of them", expected: expected) }
    let all = look.labels["products"] ?? "?"
    let after = look.labels["after"] ?? "?"
    guard look.ok, left == 0 else {
      return .violated(
        "counts_stay_wrong", "\(Int(left)) of \(all) were wrong still after \(after) s", expected: expected)
    }
    return .met("all \(all) were right after \(after) s", expected: expected)
  }
}

import DrillCore

/// What the trial did to the lab was seen to take effect by a probe that is independent of the engine.
///
/// Reasons: `fault_not_verified` (inconclusive): a fault of the trial was not verified or did not last, or none was
/// injected.
struct FaultTookEffect: PlannedCheck {
  /// What scenarios call it.
  static let kind = "fault-took-effect"
  let plan: CheckPlan

  /// What was seen, without the name of any fault: for a lab whose failure is to be found.
  static func blindly(_ status: Finding.Status) -> String {
    status == .met ? "what was done to the lab took effect" : "what was done to the lab was not seen to take effect"
  }

  func evaluate(_ history: History) -> Finding {
    let expected = "each fault is seen to take effect"
    let own = history.faults.map(\.fault).filter { $0.parameters["trial"] == plan.trial }
    // Where one way is impossible in this lab the trial takes another.
    let impossible = Set(own.filter { $0.action == "impossible" }.map(\.id))
    let injected = own.filter { $0.action == "inject" && !impossible.contains($0.id) }
    guard !injected.isEmpty else {
      return .inconclusive(.faultNotVerified, "no fault was injected", expected: expected)
    }
    for fault in injected {
      let last = own.last { $0.id == fault.id && ["verified", "unverified"].contains($0.action) }
      guard last?.action == "verified" else {
        let detail = last?.parameters["detail"] ?? "nobody looked"
        return .inconclusive(.faultNotVerified, "\(fault.kind): \(detail)", expected: expected)
      }
    }
    let kinds = Set(injected.map(\.kind)).sorted().joined(separator: ", ")
    let which = injected.count == 1 ? "the fault" : "all \(injected.count) faults"
    return .met("\(which) of trial \(plan.trial) took effect: \(kinds)", expected: expected)
  }
}

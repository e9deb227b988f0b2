import DrillCore

/// After the database and some instances were killed in the midst of reservations everything comes back by itself, and
/// every reservation that was acknowledged until then is there.
///
/// Reasons:
/// - `acknowledged_lost`: a reservation of the last moment is not in the database.
/// - `not_back_after_crash`: the database lets nobody in, or an instance does not answer, within the brief's time.
/// - `fault_not_verified` (inconclusive): the processes were not seen to end, or Postgres' log writer was not stopped.
/// - `no_success_of_op` (inconclusive): nothing was acknowledged before.
/// - `probe_dead` (inconclusive): what stands in the database could not be read afterwards, or it does not let the
///   judge in.
/// - `not_tried` (inconclusive): nothing was killed.
struct SurvivesACrash: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "everything is back after a crash, with all that was acknowledged"
    let phase = phase("crash")
    guard history.span(of: phase) != nil else {
      return .inconclusive(.notTried, "nothing was killed", expected: expected)
    }
    let keys = Set(history.requests(stream: "crash", in: phase).filter { $0.outcome == .ok }.compactMap(\.key))
    guard !keys.isEmpty else {
      return .inconclusive(.noSuccessOfOp, "no reservation was acknowledged before", expected: expected)
    }
    let faults = history.faults.map(\.fault).filter { $0.kind == "crash" && $0.parameters["trial"] == plan.trial }
    guard faults.contains(where: { $0.action == "verified" }) else {
      return .inconclusive(.faultNotVerified, "the processes were not seen to end", expected: expected)
    }
    if let awake = history.probes("crash.walwriter", in: phase).last?.probe, !awake.ok {
      return .inconclusive(
        .faultNotVerified, "the log could be written on: \(awake.text ?? "")", expected: expected)
    }
    let looks = ["crash.database", "crash.instances"].compactMap { history.probes($0, in: phase).last?.probe }
    if let blind = looks.first(where: \.dead) {
      return .inconclusive(.probeDead, blind.text ?? "the database could not be looked at", expected: expected)
    }
    if let bad = looks.first(where: { !$0.ok }) {
      let who = bad.name == "crash.database" ? "the database lets nobody in" : "instances are silent"
      return .violated(
        "not_back_after_crash", "\(who) after \(Int(bad.value ?? 0)) s: \(bad.text ?? "")", expected: expected)
    }
    guard looks.count == 2, let rows = history.latestRows("reservations") else {
      return .inconclusive(.probeDead, "the reservations could not be read", expected: expected)
    }
    let lost = keys.subtracting(rows.values(of: "id").compactMap { $0 })
    guard lost.isEmpty else {
      return .violated(
        "acknowledged_lost", "\(lost.count) of \(keys.count) reservations acknowledged before the crash are gone",
        expected: expected)
    }
    let seconds = looks.compactMap(\.value).max() ?? 0
    return .met(
      "back after \(Int(seconds.rounded(.up))) s with all \(keys.count) reservations of the last moment",
      expected: expected)
  }
}

import DrillCore

/// Each address is answered by the instance whose address it is: by its name in `X-Instance`, by the name that it
/// writes into its reservations, by the process that listens there, and by answering while all others stand still.
///
/// Reasons:
/// - `instance_impostor`: somebody else answered.
/// - `instance_leans_on_others`: an instance that answers among others does not when it is alone.
/// - `not_tried` (inconclusive): the instances were not all asked alone.
/// - `no_success_of_op` (inconclusive): nobody answered at all.
struct InstancesAreThemselves: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let expected = "each address is answered by its own instance"
    let window = phase("window")
    let answered = history.requests(stream: "sweep", in: window).filter { $0.status != nil && $0.target != nil }
    guard !answered.isEmpty else { return .inconclusive(.noSuccessOfOp, "nobody answered", expected: expected) }
    if let wrong = answered.first(where: { $0.instance != $0.target }) {
      return .violated(
        "instance_impostor",
        "\(wrong.target ?? "") was answered by '\(wrong.instance ?? "nobody, for X-Instance is missing")'",
        expected: expected)
    }
    if let listeners = history.rows("\(window).listeners").last {
      let nodes = listeners.values(of: "node")
      for (node, own) in zip(nodes, listeners.values(of: "own")) where own == "false" {
        return .violated(
          "instance_impostor", "a process of another node listens on the address of \(node ?? "")", expected: expected)
      }
    }
    // Each instance signs its reservations in the database; an unsigned one could be anybody's.
    var writer: [String: String] = [:]
    for rows in history.rows("reservations") {
      for (id, instance) in zip(rows.values(of: "id"), rows.values(of: "instance")) {
        if let id { writer[id] = instance ?? "nobody" }
      }
    }
    for visit in answered where visit.op == DrillCore.Operation.reserve.rawValue && visit.outcome == .ok {
      if let key = visit.key, let instance = writer[key], instance != visit.target {
        return .violated(
          "instance_impostor", "a reservation made at \(visit.target ?? "") was written by \(instance)",
          expected: expected)
      }
    }
    // Each instance is asked once in a grade, by the first trial that finds it.
    let alone = history.requests(stream: "alone")
    if let silent = alone.first(where: { $0.outcome != .ok }) {
      let words = silent.status.map { "\($0)" } ?? "no answer"
      return .violated(
        "instance_leans_on_others",
        "\(silent.target ?? "") answers only while other instances run (alone: \(words))", expected: expected)
    }
    if let wrong = alone.first(where: { $0.instance != $0.target }) {
      return .violated(
        "instance_impostor", "\(wrong.target ?? "") was answered by '\(wrong.instance ?? "")'", expected: expected)
    }
    let unasked = Set(answered.compactMap(\.target)).subtracting(alone.compactMap(\.target))
    guard unasked.isEmpty else {
      return .inconclusive(.notTried, "not asked alone: \(listed(Array(unasked)))", expected: expected)
    }
    return .met("\(Set(answered.compactMap(\.target)).count) instances answered for themselves", expected: expected)
  }
}

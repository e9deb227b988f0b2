import DrillCore

/// The databases keep what they acknowledge as firmly as they did at the start.
///
/// The parameters name the weakest allowed value of each setting. The values of `synchronous_commit` are ordered as in
/// the manual ("Write Ahead Log"): off, local, remote_write, on, remote_apply.
///
/// Reasons:
/// - `durability_lowered`: a setting is weaker, for the server, a role or a database, or a table of the shop is
///   unlogged.
/// - `probe_dead` (inconclusive): the settings could not be read.
struct DurabilityIsKept: PlannedCheck {
  let plan: CheckPlan

  private static let levels: [String: [String]] = [
    "fsync": ["off", "on"], "full_page_writes": ["off", "on"],
    "synchronous_commit": ["off", "local", "remote_write", "on", "remote_apply"],
  ]

  func evaluate(_ history: History) -> Finding {
    let expected = plan.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let probes = history.probes("setting").map(\.probe)
    for (name, floor) in plan.parameters.sorted(by: { $0.key < $1.key }) {
      let seen = probes.filter { $0.labels["name"] == name && !$0.dead }
      guard !seen.isEmpty else { return .inconclusive(.probeDead, "\(name) could not be read", expected: expected) }
      for probe in seen {
        let value = probe.text ?? ""
        let levels = Self.levels[name] ?? []
        guard let level = levels.firstIndex(of: value), let least = levels.firstIndex(of: floor), level >= least else {
          return .violated(
            "durability_lowered", "\(name)=\(value) (\(probe.labels["scope"] ?? "server"))", expected: expected)
        }
      }
    }
    let unlogged = history.probes("unlogged").map(\.probe)
    guard let last = unlogged.last, !last.dead else {
      return .inconclusive(.probeDead, "the tables could not be looked at", expected: expected)
    }
    guard unlogged.allSatisfy({ ($0.value ?? 0) == 0 }) else {
      return .violated("durability_lowered", "unlogged tables: \(last.text ?? "")", expected: expected)
    }
    return .met("as at the start", expected: expected)
  }
}

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

  /// The values of each setting, the weakest first.
  static let levels: [String: [String]] = [
    "fsync": ["off", "on"], "full_page_writes": ["off", "on"],
    "synchronous_commit": ["off", "local", "remote_write", "on", "remote_apply"],
  ]

  /// Postgres takes several words for yes and no, in any case, and keeps those of a role as they were written.
  private static func canonical(_ value: String) -> String {
    let word = value.lowercased()
    switch word {
    case "true", "yes", "1", "t", "y", "tr", "tru", "ye": return "on"
    case "false", "no", "0", "f", "n", "of", "fa", "fal", "fals": return "off"
    default: return word
    }
  }

  func evaluate(_ history: History) -> Finding {
    let expected = plan.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let probes = history.probes("setting").map(\.probe)
    for (name, floor) in plan.parameters.sorted(by: { $0.key < $1.key }) {
      for probe in probes where probe.labels["name"] == name && !probe.dead {
        let value = Self.canonical(probe.text ?? "")
        let levels = Self.levels[name] ?? []
        guard let level = levels.firstIndex(of: value), let least = levels.firstIndex(of: floor), level >= least else {
          return .violated(
            "durability_lowered", "\(name)=\(value) (\(probe.labels["scope"] ?? "server"))", expected: expected)
        }
      }
    }
    let unlogged = history.probes("unlogged").map(\.probe)
    if let found = unlogged.first(where: { !$0.dead && ($0.value ?? 0) != 0 }) {
      return .violated("durability_lowered", "unlogged tables: \(found.text ?? "")", expected: expected)
    }
    guard !unlogged.isEmpty, !unlogged.contains(where: \.dead) else {
      return .inconclusive(.probeDead, "the tables could not be looked at", expected: expected)
    }
    // Each server that was looked into has said its own settings, not only one of them.
    let servers = Set(unlogged.map { $0.labels["node"] })
    for name in plan.parameters.keys.sorted() {
      let seen = probes.filter { $0.labels["name"] == name && !$0.dead }.map { $0.labels["scope"] }
      guard !seen.isEmpty, servers.allSatisfy({ $0 == nil || seen.contains($0) }) else {
        return .inconclusive(.probeDead, "\(name) could not be read everywhere", expected: expected)
      }
    }
    return .met("as at the start", expected: expected)
  }
}

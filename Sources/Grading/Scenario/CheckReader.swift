import DrillCore
import Topology

/// The headings of a runbook that a check can point at.
enum CheckSection: String, CaseIterable {
  case meaning, impact, diagnosis, mitigation, resolution, prevention, verify
}

/// Reads the checks of a scenario file.
enum CheckReader {
  /// - Parameter trial: the trial that it reads, where the file doesn't say so itself.
  static func check(_ map: YAMLMap, trial: String? = nil) -> CheckPlan {
    let id = map.required("id")?.name() ?? ""
    let tier = trial == nil ? map.required("tier")?.choice(Tier.self) : nil
    let plan = CheckPlan(
      id: id, kind: map["kind"]?.name() ?? id, tier: tier ?? .mitigated,
      trial: trial ?? map.required("trial")?.name() ?? "",
      section: trial == nil ? map.required("section")?.choice(CheckSection.self)?.rawValue ?? "" : "")
    let own: Set = trial == nil ? ["id", "kind", "tier", "trial", "section"] : ["id", "kind"]
    var parameters: [String: String] = [:]
    var unread: Set<String?> = []
    for entry in map.entries() where !own.contains(entry.name) {
      let text = entry.value.string()
      if text == nil { unread.insert(entry.name) }
      parameters[entry.name] = text ?? ""
    }
    var complete = plan
    complete.parameters = parameters
    // Without a kind nothing can be said of the rest; and what could not be read was reported.
    guard !complete.kind.isEmpty else { return complete }
    for problem in CheckCatalogue.problems(with: complete) where !unread.contains(problem.parameter) {
      let key = problem.parameter ?? (map["kind"] == nil ? "id" : "kind")
      map.problems.report(problem.message, at: map.place(of: key), key: map.path(key))
    }
    return complete
  }
}

import DrillCore
import Topology

/// Reads the checks of a scenario file.
enum CheckReader {
  /// - Parameter trial: the trial that it reads, where the file doesn't say so itself.
  static func check(_ map: YAMLMap, trial: String? = nil) -> CheckPlan {
    let id = map.required("id")?.name() ?? ""
    let tier = trial == nil ? map.required("tier")?.choice(Tier.self) : nil
    let plan = CheckPlan(
      id: id, kind: map["kind"]?.name() ?? id, tier: tier ?? .mitigated,
      trial: trial ?? map.required("trial")?.name() ?? "",
      section: trial == nil ? map.required("section")?.name() ?? "" : "")
    let own: Set = trial == nil ? ["id", "kind", "tier", "trial", "section"] : ["id", "kind"]
    var parameters: [String: String] = [:]
    for entry in map.entries() where !own.contains(entry.name) { parameters[entry.name] = entry.value.string() ?? "" }
    var complete = plan
    complete.parameters = parameters
    for problem in CheckCatalogue.problems(with: complete) {
      map.problems.report(problem, at: map.place, key: "checks.\(id)")
    }
    return complete
  }
}

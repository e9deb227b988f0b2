import DrillCore
import Engine
import Topology

/// Reads a fault of a scenario file, and holds everything that may be drawn of it against the rules of its kind: what
/// is wrong is told before anything is started.
enum FaultReader {
  /// A fault: its kind, its lease, and the kind's own parameters. A parameter is a text or number, a list to choose
  /// from, `{from: A, to: B}`, `{node_of: SERVICE}`, `{replica: NUMBER}`, or `{replica: all}`.
  ///
  /// - Parameters:
  ///   - lease: the lease, where it does not stand in the file.
  ///   - other: keys that somebody else reads.
  static func fault(_ map: YAMLMap, lease given: Duration? = nil, other: Set<String> = []) -> FaultPlan {
    let kind = map.required("kind")?.name() ?? ""
    let lease = given ?? self.lease(map)
    var parameters: [String: FaultPlan.Value] = [:]
    let own = other.union(given == nil ? ["kind", "lease"] : ["kind"])
    for entry in map.entries() where !own.contains(entry.name) { parameters[entry.name] = value(entry.value) }
    let plan = FaultPlan(kind: kind, parameters: parameters, lease: lease)
    guard !kind.isEmpty else { return plan }
    guard let known = FaultKind.parameters[kind] else {
      let names = FaultKind.parameters.keys.sorted()
      map.problems.report(
        "no such fault\(Spelling.hint(for: kind, among: names)); there are \(names.joined(separator: ", "))",
        at: map.place(of: "kind"), key: map.path("kind"))
      return plan
    }
    for name in parameters.keys.sorted() where !known.contains(name) {
      map.problems.report(
        "\(kind) has no such parameter\(Spelling.hint(for: name, among: known)); it takes "
          + known.joined(separator: ", "), at: map.place(of: name), key: map.path(name))
    }
    for problem in problems(with: kind, parameters.filter { known.contains($0.key) }) {
      let place = problem.parameter.map(map.place) ?? map.place
      map.problems.report(problem.message, at: place, key: problem.parameter.map(map.path) ?? map.key)
    }
    return plan
  }

  /// A lease, in the bounds that every fault has.
  static func lease(_ map: YAMLMap, _ key: String = "lease") -> Duration {
    guard let value = map.required(key), let lease = value.duration() else { return .zero }
    let bounds = FaultKind.leases
    if !bounds.contains(lease / .seconds(1)) {
      value.report(
        "must be from \(Int(bounds.lowerBound))s to \(Int(bounds.upperBound))s, not `\(value.string() ?? "")`")
    }
    return lease
  }

  /// A parameter of a fault, of damage or of a gate.
  static func value(_ value: YAMLValue) -> FaultPlan.Value {
    switch value.node.content {
    case .sequence:
      let choices = value.strings()
      if value.list().isEmpty { value.report("must have an item or more to draw from") }
      return .oneOf(choices)
    case .mapping:
      guard let map = value.map() else { return .fixed("") }
      defer { map.refuseOthers() }
      if let service = map["node_of"]?.name() { return .nodeOf(service) }
      if let which = map["replica"] {
        return which.string() == "all" ? .everyReplica : .replica(which.int(1...50) ?? 1)
      }
      let least = map.required("from")?.int() ?? 0
      let most = map.required("to")?.int() ?? least
      if most < least { map.problems.report("to is less than from", at: map.place(of: "to"), key: map.path("to")) }
      return .between(least, max(least, most))
    default: return .fixed(value.string() ?? "")
    }
  }

  /// What may be drawn: every item of a list, both ends of a range, and for a node that is not known yet some name.
  static func draws(of value: FaultPlan.Value) -> [String] {
    switch value {
    case .fixed(let text): [text]
    case .oneOf(let texts): texts
    case .between(let least, let most): least == most ? ["\(least)"] : ["\(least)", "\(most)"]
    case .nodeOf(let service): [service]
    case .replica, .everyReplica: ["replica"]
    }
  }

  /// Each problem once. What a toxic takes hangs on its type; any other value is right or wrong by itself.
  private static func problems(with kind: String, _ parameters: [String: FaultPlan.Value]) -> [FaultProblem] {
    // An empty list was reported where it stands.
    let choices = parameters.mapValues(draws).mapValues { $0.isEmpty ? nil : $0 }.compactMapValues { $0 }
    let empty = Set(parameters.keys).subtracting(choices.keys)
    var found: [FaultProblem] = []
    func judge(_ drawn: [String: String]) {
      let request = FaultRequest(kind: kind, parameters: drawn, lease: FaultKind.leases.lowerBound)
      for problem in FaultKind.problems(with: request) ?? [] where !found.contains(problem) {
        if problem.parameter.map(empty.contains) != true { found.append(problem) }
      }
    }
    let first = choices.compactMapValues(\.first)
    for type in choices["type"] ?? [""] {
      let base = choices["type"] == nil ? first : first.merging(["type": type]) { $1 }
      judge(base)
      for (name, texts) in choices.sorted(by: { $0.key < $1.key }) where name != "type" {
        for text in texts.dropFirst() { judge(base.merging([name: text]) { $1 }) }
      }
    }
    return found
  }
}

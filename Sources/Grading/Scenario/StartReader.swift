import DrillCore
import Engine
import Topology

/// Reads how a lab comes to show its symptom.
enum StartReader {
  static let none = StartPlan(
    symptom: .refusals(
      RefusalsPlan(service: "", path: "", refusing: 0, status: 0, rounds: 0, within: .zero)))

  static func start(_ map: YAMLMap) -> StartPlan {
    defer { map.refuseOthers() }
    return StartPlan(
      baseline: counts(map["baseline"]), change: counts(map["break"]),
      standing: (map["standing"]?.list() ?? []).compactMap { $0.map().map { fault($0) } },
      damage: (map["damage"]?.list() ?? []).compactMap { $0.map().flatMap(damage) },
      symptom: map.required("symptom")?.map().map(symptom) ?? none.symptom,
      provider: map["provider"]?.map().map(provider), proxy: map["proxy"]?.map().map(proxy))
  }

  /// Each link by its name: the port that the proxy listens on, and where that leads.
  private static func proxy(_ map: YAMLMap) -> ProxyPlan {
    var links: [String: ProxyPlan.Link] = [:]
    for entry in map.entries() {
      guard let link = entry.value.map() else { continue }
      let port = link.required("port")?.int(1...65_535) ?? 1
      if port == TrialContext.servicePort || links.values.contains(where: { $0.port == port }) {
        link.problems.report("\(port) is taken already", at: link.place(of: "port"), key: link.path("port"))
      }
      links[entry.name] = ProxyPlan.Link(port: port, target: link.required("target")?.name() ?? "")
      link.refuseOthers()
    }
    return ProxyPlan(links: links)
  }

  private static func provider(_ map: YAMLMap) -> ProviderPlan {
    defer { map.refuseOthers() }
    return ProviderPlan(
      latency: map.required("latency")?.duration() ?? .zero, capacity: map.required("capacity")?.int(1...100_000) ?? 1)
  }

  private static func counts(_ value: YAMLValue?) -> [String: Int] {
    var counts: [String: Int] = [:]
    for entry in value?.map()?.entries() ?? [] { counts[entry.name] = entry.value.int(0...250) ?? 0 }
    return counts
  }

  private static func symptom(_ map: YAMLMap) -> SymptomPlan {
    defer { map.refuseOthers() }
    let within = map.required("within")?.duration() ?? .zero
    if let steps = map["steps"]?.list() {
      let check = map.required("check")?.map().map { CheckReader.check($0, trial: "symptom") }
      return .shows(
        ShowsPlan(
          steps: steps.compactMap(StepReader.step),
          check: check ?? CheckPlan(id: "", kind: "", tier: .mitigated, trial: "", section: ""),
          reason: map.required("reason")?.name() ?? "", within: within))
    }
    return .refusals(
      RefusalsPlan(
        service: map.required("service")?.name() ?? "", path: map.required("path")?.name() ?? "",
        refusing: map.required("refusing")?.int(1...250) ?? 1, status: map.required("status")?.int(400...599) ?? 500,
        rounds: map.required("rounds")?.int(1...20) ?? 1, within: within))
  }

  /// A fault: its kind, its lease, and the kind's own parameters. A parameter is a text or number, a list to choose
  /// from, `{from: A, to: B}`, `{node_of: SERVICE}`, or `{replica: NUMBER}`.
  ///
  /// - Parameters:
  ///   - lease: the lease, where it does not stand in the file.
  ///   - other: keys that somebody else reads.
  static func fault(_ map: YAMLMap, lease given: Duration? = nil, other: Set<String> = []) -> FaultPlan {
    let kind = map.required("kind")?.name() ?? ""
    let lease = given ?? map.required("lease")?.duration() ?? .zero
    var parameters: [String: FaultPlan.Value] = [:]
    let known = other.union(given == nil ? ["kind", "lease"] : ["kind"])
    for entry in map.entries() where !known.contains(entry.name) {
      parameters[entry.name] = value(entry.value)
    }
    guard let known = FaultKind.parameters[kind] else {
      let names = FaultKind.parameters.keys.sorted()
      map.problems.report(
        "no such fault\(Spelling.hint(for: kind, among: names)); there are \(names.joined(separator: ", "))",
        at: map.place(of: "kind"), key: map.path("kind"))
      return FaultPlan(kind: kind, parameters: parameters, lease: lease)
    }
    for name in parameters.keys.sorted() where !known.contains(name) {
      map.problems.report(
        "\(kind) has no such parameter\(Spelling.hint(for: name, among: known)); it takes "
          + known.joined(separator: ", "), at: map.place(of: name), key: map.path(name))
    }
    return FaultPlan(kind: kind, parameters: parameters, lease: lease)
  }

  /// Damage: its kind and the kind's own parameters, all of them.
  private static func damage(_ map: YAMLMap) -> DamagePlan? {
    guard let kind = map.required("kind")?.choice(DamagePlan.Kind.self) else { return nil }
    var parameters: [String: FaultPlan.Value] = [:]
    for name in kind.parameters { parameters[name] = map.required(name).map(value) }
    map.refuseOthers()
    return DamagePlan(kind: kind, parameters: parameters)
  }

  static func value(_ value: YAMLValue) -> FaultPlan.Value {
    switch value.node.content {
    case .sequence: return .oneOf(value.strings())
    case .mapping:
      guard let map = value.map() else { return .fixed("") }
      defer { map.refuseOthers() }
      if let service = map["node_of"]?.name() { return .nodeOf(service) }
      if let number = map["replica"]?.int(1...50) { return .replica(number) }
      let least = map.required("from")?.int() ?? 0
      let most = map.required("to")?.int() ?? least
      if most < least { map.problems.report("to is less than from", at: map.place(of: "to"), key: map.path("to")) }
      return .between(least, max(least, most))
    default: return .fixed(value.string() ?? "")
    }
  }
}

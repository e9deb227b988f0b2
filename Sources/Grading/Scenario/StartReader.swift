import DrillCore
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
      standing: (map["standing"]?.list() ?? []).compactMap { $0.map().map(standing) },
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
      latency: map.required("latency")?.time(orNone: true) ?? .zero,
      capacity: map.required("capacity")?.int(1...100_000) ?? 1)
  }

  private static func counts(_ value: YAMLValue?) -> [String: Int] {
    var counts: [String: Int] = [:]
    for entry in value?.map()?.entries() ?? [] { counts[entry.name] = entry.value.int(0...250) ?? 0 }
    return counts
  }

  private static func symptom(_ map: YAMLMap) -> SymptomPlan {
    defer { map.refuseOthers() }
    let within = map.required("within")?.time() ?? .zero
    if let steps = map["steps"]?.list() {
      let check = map.required("check")?.map().map { CheckReader.check($0, trial: "symptom") }
      let reason = map.required("reason")
      if let check, let reason, let word = reason.name() { CheckCatalogue.judge(word, of: check, at: reason) }
      return .shows(
        ShowsPlan(
          steps: steps.compactMap(StepReader.step),
          check: check ?? CheckPlan(id: "", kind: "", tier: .mitigated, trial: "", section: ""),
          reason: reason?.string() ?? "", within: within))
    }
    return .refusals(
      RefusalsPlan(
        service: map.required("service")?.name() ?? "", path: map.required("path")?.name() ?? "",
        refusing: map.required("refusing")?.int(1...250) ?? 1, status: map.required("status")?.int(400...599) ?? 500,
        rounds: map.required("rounds")?.int(1...20) ?? 1, within: within))
  }

  /// A fault that is there from the start: then nobody has drawn an order of the servers that follow.
  private static func standing(_ map: YAMLMap) -> FaultPlan {
    let plan = FaultReader.fault(map)
    for (name, value) in plan.parameters.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .replica, .everyReplica: break
      default: continue
      }
      map.problems.report("must be a name: only a trial draws replicas", at: map.place(of: name), key: map.path(name))
    }
    return plan
  }

  /// Damage: its kind and the kind's own parameters, all of them.
  private static func damage(_ map: YAMLMap) -> DamagePlan? {
    guard let kind = map.required("kind")?.choice(DamagePlan.Kind.self) else { return nil }
    var parameters: [String: FaultPlan.Value] = [:]
    for name in kind.parameters {
      guard let value = map.required(name) else { continue }
      let drawn = FaultReader.value(value)
      if FaultReader.draws(of: drawn).contains("") { value.report("must not be empty") }
      parameters[name] = drawn
    }
    map.refuseOthers()
    return DamagePlan(kind: kind, parameters: parameters)
  }
}

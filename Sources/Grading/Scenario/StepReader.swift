import DrillCore
import Engine
import Topology

/// Reads the trials of a scenario file. Each step is a map of one key, its kind.
enum StepReader {
  private typealias Reader = @Sendable (YAMLMap) -> Step

  private static let kinds: [(name: String, read: Reader)] = [
    ("require", require), ("restart", restart), ("scale", scale), ("settle", settle), ("inject", inject),
    ("replicas", replicas), ("window", window), ("drain", drain),
    ("alone", alone), ("crash", crash), ("rest", rest), ("hold", hold), ("provoke", provoke), ("preflight", preflight),
    ("gate", gate),
  ]

  /// The kinds there are.
  static let names: [String] = kinds.map(\.name)

  static func trial(_ map: YAMLMap) -> TrialPlan {
    defer { map.refuseOthers() }
    return TrialPlan(
      name: map.required("name")?.name() ?? "", tier: map.required("tier")?.choice(Tier.self) ?? .mitigated,
      needsPrevention: map["needs_prevention"]?.bool() ?? false,
      steps: (map.required("steps")?.list() ?? []).compactMap(step))
  }

  static func step(_ value: YAMLValue) -> Step? {
    guard let map = value.map() else { return nil }
    defer { map.refuseOthers() }
    guard map.keys.count == 1, let key = map.keys.first, let kind = kinds.first(where: { $0.name == key.name }) else {
      let hint = map.keys.first.map { Spelling.hint(for: $0.name, among: names) } ?? ""
      map.problems.report("a step is one of \(names.joined(separator: ", "))\(hint)", at: map.place, key: map.key)
      _ = map.entries()
      return nil
    }
    guard let content = map.required(kind.name)?.map() else { return nil }
    defer { content.refuseOthers() }
    return kind.read(content)
  }

  private static func service(_ map: YAMLMap) -> String { map.required("service")?.name() ?? "" }

  private static func time(_ map: YAMLMap, _ key: String) -> Duration { map.required(key)?.time() ?? .zero }

  @Sendable private static func require(_ map: YAMLMap) -> Step {
    .require(RequireStep(service: service(map), atLeast: map.required("at_least")?.int(1...250) ?? 1))
  }

  @Sendable private static func restart(_ map: YAMLMap) -> Step { .restart(RestartStep(service: service(map))) }

  @Sendable private static func scale(_ map: YAMLMap) -> Step {
    .scale(ScaleStep(service: service(map), to: map.required("to")?.int(1...250) ?? 1, lease: FaultReader.lease(map)))
  }

  @Sendable private static func settle(_ map: YAMLMap) -> Step {
    .settle(SettleStep(service: service(map), within: time(map, "within")))
  }

  private static func faults(_ map: YAMLMap) -> [FaultPlan] {
    items(map.required("faults")).compactMap { $0.map().map { FaultReader.fault($0) } }
  }

  /// The items of a list that must have one or more.
  private static func items(_ value: YAMLValue?) -> [YAMLValue] {
    guard let value else { return [] }
    let items = value.list()
    if items.isEmpty, case .sequence = value.node.content { value.report("must have an item or more") }
    return items
  }

  /// Reports faults of every replica where only one fault can be.
  private static func refuseEveryReplica(_ plans: [FaultPlan], _ map: YAMLMap) {
    guard plans.contains(where: { $0.parameters.values.contains(.everyReplica) }) else { return }
    map.problems.report("every replica at once stands in inject, or alone in provoke", at: map.place, key: map.key)
  }

  @Sendable private static func inject(_ map: YAMLMap) -> Step { .inject(InjectStep(faults: faults(map))) }

  @Sendable private static func provoke(_ map: YAMLMap) -> Step {
    let faults = items(map.required("faults")).compactMap { $0.map().map { choices($0) } }
    return .provoke(ProvokeStep(faults: faults, dwell: time(map, "dwell")))
  }

  /// A fault, or several under `one_of`.
  private static func choices(_ map: YAMLMap) -> [FaultPlan] {
    guard let list = map["one_of"] else { return [FaultReader.fault(map)] }
    defer { map.refuseOthers() }
    let choices = items(list).compactMap { $0.map().map { FaultReader.fault($0) } }
    if choices.count > 1 { refuseEveryReplica(choices, map) }
    return choices
  }

  @Sendable private static func replicas(_ map: YAMLMap) -> Step {
    .replicas(
      ReplicasStep(
        within: time(map, "within"), least: map.required("least")?.int(1...20) ?? 1, fresh: time(map, "fresh")))
  }

  @Sendable private static func window(_ map: YAMLMap) -> Step {
    let length = time(map, "length")
    return .window(
      WindowStep(
        length: length, users: map.required("users")?.bool() ?? true,
        sweep: map["sweep"]?.map().map(sweep), follow: map["follow"]?.map().map(LoadReader.follow),
        operatorEvery: map["operator_every"]?.time(),
        faults: (map["faults"]?.list() ?? []).compactMap { $0.map().map { timedFault($0, within: length) } },
        looks: map["looks"]?.map().map(looks), touches: map["touches"]?.int(1...20) ?? 1,
        lookups: map["lookups"]?.name(),
        pages: map["pages"]?.map().map { PagesReader.pages($0, within: length) },
        rate: map["rate"]?.double(0.1...20_000), locks: map["locks"]?.map().map(LocksReader.locks)))
  }

  private static func looks(_ map: YAMLMap) -> LooksPlan {
    defer { map.refuseOthers() }
    return LooksPlan(rate: map.required("rate")?.double(1...2000) ?? 1, patience: time(map, "patience"))
  }

  /// A fault, or several under `one_of`, with `after` (`{from: A, to: B}`) and `lasts` in place of a lease: that is
  /// five seconds longer.
  private static func timedFault(_ map: YAMLMap, within length: Duration) -> TimedFault {
    let read = map.required("lasts")?.duration()
    let lasts = read ?? .zero
    var least = Duration.zero
    var most = Duration.zero
    if let range = map.required("after")?.map() {
      defer { range.refuseOthers() }
      least = range.required("from")?.time(orNone: true) ?? .zero
      most = range.required("to")?.time(orNone: true) ?? least
      if most < least {
        range.problems.report("to is less than from", at: range.place(of: "to"), key: range.path("to"))
      }
    }
    if most + lasts > length {
      map.problems.report(
        "the fault would last longer than its window", at: map.place(of: "lasts"), key: map.path("lasts"))
    }
    let lease = lasts + .seconds(5)
    if read != nil, lasts <= .zero || !FaultKind.leases.contains(lease / .seconds(1)) {
      let most = Int(FaultKind.leases.upperBound) - 5
      map.problems.report(
        "must be more than 0s, and at most \(most)s", at: map.place(of: "lasts"), key: map.path("lasts"))
    }
    let choices =
      map["one_of"].map { items($0).compactMap { $0.map().map { FaultReader.fault($0, lease: lease) } } }
      ?? [FaultReader.fault(map, lease: lease, other: ["after", "lasts"])]
    refuseEveryReplica(choices, map)
    return TimedFault(choices: choices, after: least...max(least, most), lasts: lasts)
  }

  private static func sweep(_ map: YAMLMap) -> SweepPlan {
    defer { map.refuseOthers() }
    return SweepPlan(
      service: service(map), rate: map.required("rate")?.double(1...2000) ?? 1,
      operations: (map.required("operations")?.list() ?? []).compactMap { $0.choice(DrillCore.Operation.self) },
      patience: time(map, "patience"))
  }

  @Sendable private static func alone(_ map: YAMLMap) -> Step {
    .alone(AloneStep(service: service(map), patience: time(map, "patience"), lease: FaultReader.lease(map)))
  }

  @Sendable private static func crash(_ map: YAMLMap) -> Step {
    .crash(
      CrashStep(
        service: service(map), instances: map.required("instances")?.int(0...50) ?? 0,
        rate: map.required("rate")?.double(1...1000) ?? 1, within: time(map, "within"), lease: FaultReader.lease(map)))
  }

  @Sendable private static func drain(_ map: YAMLMap) -> Step { .drain(DrainStep(within: time(map, "within"))) }

  @Sendable private static func rest(_ map: YAMLMap) -> Step { .rest(RestStep(within: time(map, "within"))) }

  @Sendable private static func hold(_ map: YAMLMap) -> Step {
    .hold(
      HoldStep(
        service: service(map), shares: (map.required("shares")?.list() ?? []).compactMap { $0.double(0...1) },
        dwell: time(map, "dwell"), lease: FaultReader.lease(map)))
  }

  @Sendable private static func gate(_ map: YAMLMap) -> Step {
    func values(_ key: String) -> [[String: FaultPlan.Value]] {
      guard let value = map.required(key) else { return [] }
      // One set may stand without a list, as it did in the evidence of earlier grades.
      if case .mapping = value.node.content { return [set(value)] }
      return items(value).map(set)
    }
    func set(_ value: YAMLValue) -> [String: FaultPlan.Value] {
      let entries = value.map()?.entries() ?? []
      if entries.isEmpty { value.report("must have a value or more") }
      return entries.reduce(into: [:]) { $0[$1.name] = FaultReader.value($1.value) }
    }
    return .gate(
      GateStep(
        pass: values("pass"), refuse: values("refuse"), times: map.required("times")?.int(1...20) ?? 1,
        patience: time(map, "patience")))
  }

  @Sendable private static func preflight(_ map: YAMLMap) -> Step {
    .preflight(
      PreflightStep(
        service: service(map), good: (map.required("good")?.list() ?? []).compactMap { $0.int(1...250) },
        provable: map.required("provable")?.int(1...250) ?? 1, patience: time(map, "patience")))
  }
}

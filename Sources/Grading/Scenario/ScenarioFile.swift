public import DrillCore
import Topology

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads `Chaos/<id>/scenario.yaml`: every problem at once, each with file, line and key; unknown keys are refused.
public enum ScenarioFile {
  /// Reads the file at `path`.
  ///
  /// - Throws: `ProblemsError` with everything that is wrong with it.
  public static func load(_ path: String) throws -> Scenario {
    guard let data = FileManager.default.contents(atPath: path) else {
      let problems = Problems()
      problems.report("can't be read", at: YAMLPlace(file: path, line: 1, column: 1))
      try problems.throwIfAny()
      throw ScenarioUnreadable()
    }
    return try parse(String(decoding: data, as: UTF8.self), file: path)
  }

  /// Reads `text`; `file` is the name that problems are reported under.
  ///
  /// - Throws: `ProblemsError` with everything that is wrong with it.
  public static func parse(_ text: String, file: String) throws -> Scenario {
    let problems = Problems()
    guard let map = YAML.read(text, file: file, problems: problems) else {
      try problems.throwIfAny()
      throw ScenarioUnreadable()
    }
    let scenario = Scenario(
      id: map.required("id")?.name() ?? "",
      title: map.required("title")?.name() ?? "",
      source: map.required("source")?.name() ?? "",
      severity: map.required("severity")?.name() ?? "",
      services: map.required("services")?.strings() ?? [],
      runbook: map.required("runbook")?.name() ?? "",
      brief: map.required("brief")?.name() ?? "",
      contract: map.required("contract")?.strings() ?? [],
      hints: map.required("hints")?.strings() ?? [],
      start: map.required("start")?.map().map(start) ?? Self.noStart,
      load: map.required("load")?.map().map(load) ?? Self.noLoad,
      trials: (map.required("trials")?.list() ?? []).compactMap { $0.map().map(StepReader.trial) },
      checks: (map.required("checks")?.list() ?? []).compactMap { $0.map().map(check) },
      timeBudget: map.required("time_budget")?.duration() ?? .zero)
    map.refuseOthers()
    validate(scenario, map)
    try problems.throwIfAny()
    return scenario
  }

  private static let noStart = StartPlan(
    baseline: [:], change: [:],
    symptom: SymptomPlan(service: "", path: "", refusing: 0, status: 0, rounds: 0, within: .zero))
  private static let noLoad = LoadPlan(
    rate: 0, arrival: .poisson, users: 0, products: 0, zipf: 0, patience: .zero, inFlight: 0, echo: [], mix: [:])

  private static func start(_ map: YAMLMap) -> StartPlan {
    defer { map.refuseOthers() }
    return StartPlan(
      baseline: counts(map.required("baseline")), change: counts(map.required("break")),
      symptom: map.required("symptom")?.map().map(symptom) ?? noStart.symptom)
  }

  private static func counts(_ value: YAMLValue?) -> [String: Int] {
    var counts: [String: Int] = [:]
    for entry in value?.map()?.entries() ?? [] { counts[entry.name] = entry.value.int(0...250) ?? 0 }
    return counts
  }

  private static func symptom(_ map: YAMLMap) -> SymptomPlan {
    defer { map.refuseOthers() }
    return SymptomPlan(
      service: map.required("service")?.name() ?? "",
      path: map.required("path")?.name() ?? "",
      refusing: map.required("refusing")?.int(1...250) ?? 1,
      status: map.required("status")?.int(400...599) ?? 500,
      rounds: map.required("rounds")?.int(1...20) ?? 1,
      within: map.required("within")?.duration() ?? .zero)
  }

  private static func load(_ map: YAMLMap) -> LoadPlan {
    defer { map.refuseOthers() }
    var mix: [DrillCore.Operation: Int] = [:]
    for entry in map.required("mix")?.map()?.entries() ?? [] {
      guard let operation = DrillCore.Operation(rawValue: entry.name) else {
        let known = DrillCore.Operation.allCases.map(\.rawValue)
        map.problems.report(
          "no such operation\(Spelling.hint(for: entry.name, among: known)); there are "
            + known.joined(separator: ", "),
          at: entry.place, key: "load.mix.\(entry.name)")
        continue
      }
      mix[operation] = entry.value.int(0...1000) ?? 0
    }
    return LoadPlan(
      rate: map.required("rate")?.double(0.1...20_000) ?? 1,
      arrival: map.required("arrival")?.choice(LoadPlan.Arrival.self) ?? .poisson,
      users: map.required("users")?.int(1...10_000) ?? 1,
      products: map.required("products")?.int(1...400) ?? 1,
      zipf: map.required("zipf")?.double(0...5) ?? 1,
      patience: map.required("patience")?.duration() ?? .zero,
      inFlight: map.required("in_flight")?.int(1...100_000) ?? 1,
      echo: map["echo"]?.strings() ?? [], mix: mix)
  }

  private static func check(_ map: YAMLMap) -> CheckPlan {
    let id = map.required("id")?.name() ?? ""
    let plan = CheckPlan(
      id: id, kind: map["kind"]?.name() ?? id, tier: map.required("tier")?.choice(Tier.self) ?? .mitigated,
      trial: map.required("trial")?.name() ?? "", section: map.required("section")?.name() ?? "")
    let own: Set = ["id", "kind", "tier", "trial", "section"]
    var parameters: [String: String] = [:]
    for entry in map.entries() where !own.contains(entry.name) { parameters[entry.name] = entry.value.string() ?? "" }
    var complete = plan
    complete.parameters = parameters
    for problem in CheckCatalogue.problems(with: complete) {
      map.problems.report(problem, at: map.place, key: "checks.\(id)")
    }
    return complete
  }

  private static func validate(_ scenario: Scenario, _ map: YAMLMap) {
    let trials = scenario.trials.map(\.name)
    for check in scenario.checks where !trials.contains(check.trial) {
      map.problems.report("there is no trial '\(check.trial)'", at: map.place(of: "checks"), key: "checks.\(check.id)")
    }
    func once(_ names: [String], _ key: String) {
      for name in Set(names) where names.count(where: { $0 == name }) > 1 {
        map.problems.report("'\(name)' stands there twice", at: map.place(of: key), key: key)
      }
    }
    once(trials, "trials")
    once(scenario.checks.map(\.id), "checks")
    if scenario.hints.count < 3 {
      map.problems.report("a scenario has three hints or more", at: map.place(of: "hints"), key: "hints")
    }
    if scenario.load.mix.values.reduce(0, +) == 0 {
      map.problems.report("the mix has no weight at all", at: map.place(of: "load"), key: "load.mix")
    }
  }
}

/// A scenario file that could not be read at all; the problems say why.
struct ScenarioUnreadable: Error {}

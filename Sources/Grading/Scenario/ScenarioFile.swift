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
      runbook: map.required("runbook")?.name() ?? "",
      brief: map.required("brief")?.name() ?? "",
      contract: map.required("contract")?.strings() ?? [],
      hints: map.required("hints")?.strings() ?? [],
      start: map.required("start")?.map().map(StartReader.start) ?? StartReader.none,
      load: map.required("load")?.map().map(LoadReader.load) ?? LoadReader.none,
      trials: (map.required("trials")?.list() ?? []).compactMap { $0.map().map(StepReader.trial) },
      checks: (map.required("checks")?.list() ?? []).compactMap { $0.map().map { CheckReader.check($0) } },
      timeBudget: map.required("time_budget")?.time() ?? .zero)
    map.refuseOthers()
    validate(scenario, map)
    try problems.throwIfAny()
    return scenario
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
    let links = scenario.start.proxy?.links ?? [:]
    let steps = scenario.trials.flatMap(\.steps) + scenario.start.symptom.steps
    for fault in scenario.start.standing + steps.flatMap(\.faults) where fault.kind == "toxic" {
      for link in fault.parameters["link"].map(FaultReader.draws) ?? [] where links[link] == nil {
        let hint = Spelling.hint(for: link, among: Array(links.keys))
        map.problems.report(
          "a toxic names the link '\(link)', which is not there\(hint)", at: map.place(of: "start"), key: "start.proxy")
      }
    }
    if scenario.hints.count < 3 {
      map.problems.report("a scenario has three hints or more", at: map.place(of: "hints"), key: "hints")
    }
    if scenario.load.mix.values.reduce(0, +) == 0 {
      map.problems.report("the mix has no weight at all", at: map.place(of: "load"), key: "load.mix")
    }
  }
}

extension SymptomPlan {
  fileprivate var steps: [Step] { if case .shows(let plan) = self { plan.steps } else { [] } }
}

extension Step {
  fileprivate var faults: [FaultPlan] {
    switch self {
    case .inject(let step): step.faults
    case .provoke(let step): step.faults.flatMap(\.self)
    case .window(let step): step.faults.flatMap(\.choices)
    default: []
    }
  }
}

/// A scenario file that could not be read at all; the problems say why.
struct ScenarioUnreadable: Error {}

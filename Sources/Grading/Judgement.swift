public import DrillCore

/// From a history to a verdict: nothing else goes in, so that a verdict can be recomputed from its evidence.
public enum Judgement {
  /// The results of the checks whose trial was tried, in the scenario's order.
  ///
  /// - Parameter trial: only the checks of this trial; `nil` for all.
  public static func results(_ scenario: Scenario, _ history: History, trial: String? = nil) -> [CheckResult] {
    let tried = Set(scenario.trials.map(\.name).filter { history.span(of: $0) != nil })
    return CheckCatalogue.checks(of: scenario)
      .filter { tried.contains($0.plan.trial) && (trial == nil || $0.plan.trial == trial) }
      .map { CheckResult(of: $0.check, on: history, runbook: scenario.runbook) }
  }

  /// The verdict on `history`.
  public static func verdict(_ scenario: Scenario, _ history: History, _ record: GradeRecord) -> Verdict {
    Verdict(
      scenario: scenario.id, seed: record.seed, engine: record.engine, required: record.required,
      checks: results(scenario, history), load: history.load(), evidence: record.evidence)
  }
}

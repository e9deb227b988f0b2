public import DrillCore

/// From a history to a verdict: nothing else goes in, so that a verdict can be recomputed from its evidence.
public enum Judgement {
  /// The results of the checks whose trial was tried, in the scenario's order; and where all of them are met, that the
  /// others of their tiers can't be told. What came after its trial is hidden from a check: a harder trial may not take
  /// back what an easier one has shown.
  ///
  /// - Parameter trial: only the checks of this trial; `nil` for all.
  public static func results(_ scenario: Scenario, _ history: History, trial: String? = nil) -> [CheckResult] {
    let tried = Set(scenario.trials.map(\.name).filter { history.span(of: $0) != nil })
    let checks = CheckCatalogue.checks(of: scenario)
    let results =
      checks
      .filter { tried.contains($0.plan.trial) && (trial == nil || $0.plan.trial == trial) }
      .map { CheckResult(of: $0.check, on: history.until(endOf: $0.plan.trial), runbook: scenario.runbook) }
    guard trial == nil, results.allSatisfy({ $0.finding.status == .met }) else { return results }
    // A tier of which one trial was met and another one not tried is not reached. Why nobody tried it may be known
    // (the time was over); what it would have shown is not.
    let begun = Set(results.map(\.tier))
    return results
      + checks.filter { !tried.contains($0.plan.trial) && begun.contains($0.plan.tier) }.map {
        let finding = Finding.inconclusive(.notTried, "the trial \($0.plan.trial) was not tried", expected: "it is met")
        return CheckResult(id: $0.plan.id, tier: $0.plan.tier, finding: finding, runbook: scenario.runbook)
      }
  }

  /// The verdict on `history`; that of a blind lab's grade names neither scenario nor runbook.
  public static func verdict(_ scenario: Scenario, _ history: History, _ record: GradeRecord) -> Verdict {
    let isBlind = record.blind ?? false
    var checks = results(scenario, history)
    if isBlind { hideAnswers(in: &checks, of: scenario) }
    return Verdict(
      scenario: isBlind ? record.scenario : scenario.id, seed: record.seed, engine: record.engine,
      required: record.required, checks: checks, load: history.load(), evidence: record.evidence)
  }

  /// The runbook's name is that of the failure, and what kind of fault took effect is half of the answer.
  private static func hideAnswers(in checks: inout [CheckResult], of scenario: Scenario) {
    let tellers = Set(scenario.checks.filter { $0.kind == FaultTookEffect.kind }.map(\.id))
    for index in checks.indices {
      checks[index].runbook = ""
      guard tellers.contains(checks[index].id) else { continue }
      checks[index].finding.observed = FaultTookEffect.blindly(checks[index].finding.status)
    }
  }
}

/// The outcome of a grade. Its JSON (schema 1) is a stable contract; see `json`.
public struct Verdict: Sendable, Equatable {
  /// The three values, and nothing between.
  public enum Value: String, Sendable, Codable {
    /// Everything that the required tier demands was seen.
    case passed
    /// Something was seen that must not be.
    case failed
    /// It can't be said: trouble of the grader's own.
    case inconclusive
  }

  /// The scenario's id.
  public var scenario: String
  /// The seed of the grade.
  public var seed: UInt64
  /// The engine that the lab ran on, for instance `process`.
  public var engine: String
  /// The outcome, against the required tier.
  public var verdict: Value
  /// The highest tier whose checks, and those of all tiers below it, are all met.
  public var tier: Tier
  /// Every check that was evaluated, in the scenario's order.
  public var checks: [CheckResult]
  /// What became of the load.
  public var load: History.LoadSummary
  /// Where the evidence lies.
  public var evidence: String

  /// Draws the verdict from the findings.
  ///
  /// - Parameters:
  ///   - required: the tier that has to be reached for `passed`; findings of higher tiers can't fail a grade.
  ///   - checks: what was evaluated. A tier below or at `required` without a single check is `inconclusive`: a
  ///     verdict never passes on silence.
  public init(
    scenario: String, seed: UInt64, engine: String, required: Tier, checks: [CheckResult],
    load: History.LoadSummary, evidence: String
  ) {
    self.scenario = scenario
    self.seed = seed
    self.engine = engine
    self.checks = checks
    self.load = load
    self.evidence = evidence
    tier = Self.reached(checks)
    verdict = Self.value(checks, required: required, reached: tier)
  }

  private static func reached(_ checks: [CheckResult]) -> Tier {
    var reached = Tier.none
    for tier in [Tier.mitigated, .resolved, .prevented] {
      let own = checks.filter { $0.tier == tier }
      guard !own.isEmpty, own.allSatisfy({ $0.finding.status == .met }) else { break }
      reached = tier
    }
    return reached
  }

  private static func value(_ checks: [CheckResult], required: Tier, reached: Tier) -> Value {
    let relevant = checks.filter { $0.tier <= required }
    switch relevant.map(\.finding.status).max() {
    case .violated: return .failed
    case .inconclusive, nil: return .inconclusive
    case .met: return reached >= required ? .passed : .inconclusive
    }
  }
}

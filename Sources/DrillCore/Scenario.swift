/// One failure of the catalogue, as data: what the trainee is told, how it is started, loaded, tried and judged.
public struct Scenario: Sendable, Equatable, Codable {
  /// The stable name, for instance `one-bad-instance`.
  public var id: String
  /// One line for lists.
  public var title: String
  /// Where the failure is documented.
  public var source: String
  /// The runbook's file, from the root of the installation.
  public var runbook: String
  /// What the trainee is told: the symptom as the users see it, never its cause. Plain text or Markdown.
  public var brief: String
  /// What will be required, one sentence each: nothing is required that isn't here.
  public var contract: [String]
  /// Help on request, from the faintest to the plainest.
  public var hints: [String]
  /// How a lab comes to show the symptom.
  public var start: StartPlan
  /// The users.
  public var load: LoadPlan
  /// The trials, in the order in which they are tried; a failed one ends the grade.
  public var trials: [TrialPlan]
  /// The checks, in the order in which the verdict lists them.
  public var checks: [CheckPlan]
  /// The longest that a grade may take; what has not been tried by then stays untried.
  public var timeBudget: Duration

  /// A scenario.
  public init(
    id: String, title: String, source: String, runbook: String, brief: String,
    contract: [String], hints: [String], start: StartPlan, load: LoadPlan, trials: [TrialPlan], checks: [CheckPlan],
    timeBudget: Duration
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.runbook = runbook
    self.brief = brief
    self.contract = contract
    self.hints = hints
    self.start = start
    self.load = load
    self.trials = trials
    self.checks = checks
    self.timeBudget = timeBudget
  }
}

/// A trial: load plus triggers, recorded.
public struct TrialPlan: Sendable, Equatable, Codable {
  /// Its name; phases are called `NAME.window` and so on.
  public var name: String
  /// The tier that it decides.
  public var tier: Tier
  /// Whether it is only tried when the lab's own rules or preflight differ from those it began with.
  public var needsPrevention: Bool
  /// What is done, in order.
  public var steps: [Step]

  /// A trial.
  public init(name: String, tier: Tier, needsPrevention: Bool, steps: [Step]) {
    self.name = name
    self.tier = tier
    self.needsPrevention = needsPrevention
    self.steps = steps
  }
}

/// A check of a scenario: which kind, for which tier, with which parameters.
public struct CheckPlan: Sendable, Equatable, Codable {
  /// The name in the verdict, unique in the scenario.
  public var id: String
  /// The kind of check; the same as `id` unless told.
  public var kind: String
  /// The tier that it decides.
  public var tier: Tier
  /// The trial whose phases it reads.
  public var trial: String
  /// The heading of the runbook that helps.
  public var section: String
  /// What else the kind wants to know.
  public var parameters: [String: String]

  /// A check.
  public init(
    id: String, kind: String, tier: Tier, trial: String, section: String, parameters: [String: String] = [:]
  ) {
    self.id = id
    self.kind = kind
    self.tier = tier
    self.trial = trial
    self.section = section
    self.parameters = parameters
  }
}

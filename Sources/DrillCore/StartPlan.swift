/// How a lab comes to show its symptom: healthy first, then what breaks it, then the proof.
public struct StartPlan: Sendable, Equatable, Codable {
  /// Instances of each service while the healthy baseline is measured; the others are as the lab's files say.
  public var baseline: [String: Int]
  /// Instances of each service after the change that breaks the shop.
  public var change: [String: Int]
  /// Faults that are there for as long as the lab runs; parameters are drawn from the lab's seed.
  public var standing: [FaultPlan]
  /// Damage, of which the lab's seed draws one; empty for none.
  public var damage: [DamagePlan]
  /// What must be seen before the lab is handed over.
  public var symptom: SymptomPlan
  /// How much the payment company can do; `nil` for as much as anybody will need.
  public var provider: ProviderPlan?
  /// Links that can be broken; `nil` for no proxy.
  public var proxy: ProxyPlan?

  /// A start.
  public init(
    baseline: [String: Int] = [:], change: [String: Int] = [:], standing: [FaultPlan] = [],
    damage: [DamagePlan] = [], symptom: SymptomPlan, provider: ProviderPlan? = nil,
    proxy: ProxyPlan? = nil
  ) {
    self.proxy = proxy
    self.provider = provider
    self.baseline = baseline
    self.change = change
    self.standing = standing
    self.damage = damage
    self.symptom = symptom
  }
}

/// What must be seen before a lab is handed over.
public enum SymptomPlan: Sendable, Equatable, Codable {
  /// Instances that refuse.
  case refusals(RefusalsPlan)
  /// What a check of the scenario's own says after a short trial.
  case shows(ShowsPlan)
}

/// A short trial that a check must find violated, for one reason.
public struct ShowsPlan: Sendable, Equatable, Codable {
  /// What is done.
  public var steps: [Step]
  /// The check; its trial is called `symptom`.
  public var check: CheckPlan
  /// The reason that it must give.
  public var reason: String
  /// How long it may take until it does: the steps are repeated.
  public var within: Duration

  /// A symptom.
  public init(steps: [Step], check: CheckPlan, reason: String, within: Duration) {
    self.steps = steps
    self.check = check
    self.reason = reason
    self.within = within
  }
}

/// Of all instances of a service exactly so many refuse, and in each round the same ones.
public struct RefusalsPlan: Sendable, Equatable, Codable {
  /// Whose instances are asked.
  public var service: String
  /// What they are asked for: the path of a GET.
  public var path: String
  /// How many of them refuse.
  public var refusing: Int
  /// The status of a refusal.
  public var status: Int
  /// How often all are asked; the same ones must refuse each time.
  public var rounds: Int
  /// How long the symptom may take to show.
  public var within: Duration

  /// Refusals.
  public init(service: String, path: String, refusing: Int, status: Int, rounds: Int, within: Duration) {
    self.service = service
    self.path = path
    self.refusing = refusing
    self.status = status
    self.rounds = rounds
    self.within = within
  }
}

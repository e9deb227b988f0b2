/// See `Step.gate`: questions about the lab as it began, with other values of some environment variables.
public struct GateStep: Sendable, Equatable, Codable {
  /// Sets of values with which a plan must be let through; drawn from the seed for each question.
  public var pass: [[String: FaultPlan.Value]]
  /// Sets of values with which it must be refused.
  public var refuse: [[String: FaultPlan.Value]]
  /// How often each set is asked about.
  public var times: Int
  /// How long one run of the preflight may take.
  public var patience: Duration

  /// Questions to the preflight.
  public init(
    pass: [[String: FaultPlan.Value]], refuse: [[String: FaultPlan.Value]], times: Int, patience: Duration
  ) {
    self.pass = pass
    self.refuse = refuse
    self.times = times
    self.patience = patience
  }
}

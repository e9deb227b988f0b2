public import DrillCore

/// One entry of the proof matrix: a fresh lab of a scenario, something done to it, and what its grade must give.
public struct Cell: Sendable, Equatable {
  /// The groups of the matrix.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Nothing is done: the failure as it is.
    case nothing
    /// The lab without its defect.
    case healthy
    /// The failure as it is, looked at as the runbook says; nothing is graded.
    case diagnosis
    /// A tempting repair that is none.
    case decoy
    /// A repair of the runbook.
    case fix
    /// A repair with all preventions of the runbook.
    case prevention
    /// The lab's files alone, handed in to `firedrill verify`.
    case files
    /// Trouble of the grader's own.
    case harness
  }

  /// What a grade must give.
  public enum Expectation: Sendable, Equatable {
    /// Passed, at exactly this tier.
    case passed(Tier)
    /// Failed, with this check violated for this reason, whatever else is.
    case failed(check: String, reason: String)
    /// Neither passed nor failed.
    case inconclusive
    /// No verdict: every command of the diagnosis ends with 0.
    case seen
  }

  /// What is done in the lab between its start and its grade.
  public enum Preparation: Sendable, Equatable {
    /// Runs an executable, by its absolute path, in the lab's folder.
    case script(String)
    /// Runs the commands of that name of the scenario's runbook.
    case runbook(String)
  }

  /// What the harness suffers during the grade.
  public enum Trouble: Sendable, Equatable {
    /// The controller is killed while its load is under way.
    case controllerKilled
    /// The controller is frozen for half of its first window, so that load goes out late.
    case controllerFrozen
    /// No server of databases lets the judge in any more from its first window on.
    case probesCutOff
    /// The judge's Prometheus is stopped when the trial of this name begins.
    case prometheusStopped(trial: String)
  }

  /// The scenario's id.
  public var scenario: String
  /// Unique in its scenario: `nothing`, `healthy`, `diagnosis`, `decoy/NAME`, `fix/NAME`, `prevention`, `files/NAME`,
  /// `harness/NAME`.
  public var id: String
  /// The group.
  public var kind: Kind
  /// What is done in the lab, in order.
  public var preparations: [Preparation]
  /// The tier that the grade requires.
  public var required: Tier
  /// What the harness suffers, if anything.
  public var trouble: Trouble?
  /// What the grade must give.
  public var expectation: Expectation
  /// What its lab may be handed over with: the lab's seed draws one of them.
  public var damage: [DamagePlan] = []
  /// Whether its verdict hangs on latency or lateness, so that it has to be tried more often than the others.
  public var isTiming = false

  /// A cell.
  public init(
    scenario: String, id: String, kind: Kind, preparations: [Preparation] = [], required: Tier = .resolved,
    trouble: Trouble? = nil, expectation: Expectation
  ) {
    self.scenario = scenario
    self.id = id
    self.kind = kind
    self.preparations = preparations
    self.required = required
    self.trouble = trouble
    self.expectation = expectation
  }

  /// The part after the group: `cap-101` of `decoy/cap-101`.
  public var name: String { id.split(separator: "/").last.map(String.init) ?? id }
}

extension Cell.Expectation: CustomStringConvertible {
  /// For tables: `failed: CHECK (REASON)`.
  public var description: String {
    switch self {
    case .passed(let tier): "passed: \(tier.rawValue)"
    case .failed(let check, let reason): "failed: \(check) (\(reason))"
    case .inconclusive: "inconclusive"
    case .seen: "every command ends with 0"
    }
  }
}

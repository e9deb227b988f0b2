/// What a lab is handed over with: a state that lasts until the trainee repairs it. Nothing heals it but that, `reset`
/// and the end of the lab, which is why it is no fault.
public struct DamagePlan: Sendable, Equatable, Codable {
  /// The kind.
  public var kind: Kind
  /// Its parameters: those of the kind.
  public var parameters: [String: FaultPlan.Value]

  /// What can be damaged.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// A Postgres replica (`host`) receives and doesn't apply.
    case pausedReplay = "paused-replay"
    /// Those processes of a `node` whose command line holds `process` stand still.
    case frozenProcess = "frozen-process"
    /// A primary (`host`) has no replication `slot` of that name any more.
    case lostSlot = "lost-slot"

    /// The names of its parameters.
    public var parameters: [String] {
      switch self {
      case .pausedReplay: ["host"]
      case .frozenProcess: ["node", "process"]
      case .lostSlot: ["host", "slot"]
      }
    }
  }

  /// Which of `plans` a lab of this seed is handed over with, and what the rest of the damage is drawn from.
  public static func drawn(of plans: [DamagePlan], seed: UInt64) -> (index: Int, rest: SeededRandom)? {
    var random = SeededRandom(seed: seed, name: "damage")
    return random.pick(Array(plans.indices)).map { ($0, random) }
  }

  /// Damage of a kind.
  public init(kind: Kind, parameters: [String: FaultPlan.Value]) {
    self.kind = kind
    self.parameters = parameters
  }
}

/// How far a repair goes. The order is the order of worth: `none < mitigated < resolved < prevented`.
public enum Tier: String, Codable, Sendable, CaseIterable, Comparable {
  /// The symptom is still there.
  case none
  /// The symptom is gone under the original load and fault.
  case mitigated
  /// The cause is gone: the repair survives the harder trial.
  case resolved
  /// It can't come back unnoticed: the lab's alert fires in time and its preflight refuses the bad change.
  case prevented

  /// Compares by worth.
  public static func < (left: Tier, right: Tier) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .none: 0
    case .mitigated: 1
    case .resolved: 2
    case .prevented: 3
    }
  }
}

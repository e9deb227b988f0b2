/// A fence of a runbook that carries a name, and so is run by the tests.
public struct Fence: Sendable, Equatable {
  /// What its commands do.
  public enum Kind: String, Sendable, CaseIterable {
    /// Look, and change nothing.
    case diagnose
    /// Repair.
    case fix
    /// Keep it from coming back.
    case prevent
  }

  /// How far a fix goes.
  public enum Tier: String, Sendable, CaseIterable {
    /// The symptom is gone.
    case mitigated
    /// The cause is gone.
    case resolved
  }

  /// What its commands do.
  public var kind: Kind
  /// The name; several fences of one fix share it.
  public var name: String
  /// How far a fix goes; nil for the other kinds.
  public var tier: Tier?
  /// Whether somebody has to be there: it goes on until it is ended, or asks. No test runs such a one.
  public var byHand: Bool
  /// The heading of the second level under which it stands.
  public var section: String
  /// The commands, each line as printed.
  public var script: String
  /// The line at which the fence begins, from 1.
  public var line: Int
}

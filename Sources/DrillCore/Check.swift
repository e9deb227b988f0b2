/// A pure function from a history to a finding.
///
/// A check performs no I/O, knows no clock, and documents every reason code that it gives. It may throw: that is
/// trouble of the grader's own, and becomes the inconclusive finding `check_error`.
public protocol Check: Sendable {
  /// A stable name, unique in its scenario, for instance `every-instance-serves`.
  var id: String { get }
  /// The tier that this check decides.
  var tier: Tier { get }
  /// The heading of the runbook that helps when this check is violated, for instance `mitigation`.
  var section: String { get }
  /// What the history says.
  func evaluate(_ history: History) throws -> Finding
}

/// One line of a verdict: a check and what it found.
public struct CheckResult: Sendable, Equatable, Codable {
  /// The check's name.
  public var id: String
  /// The tier that it decides.
  public var tier: Tier
  /// What it found.
  public var finding: Finding
  /// The part of the runbook that helps, as `file#heading`; empty in a blind lab.
  public var runbook: String

  /// The finding of the check `id`.
  public init(id: String, tier: Tier, finding: Finding, runbook: String) {
    self.id = id
    self.tier = tier
    self.finding = finding
    self.runbook = runbook
  }

  /// Runs `check` on `history`; an error becomes inconclusive, for a broken check says nothing about the lab.
  public init(of check: any Check, on history: History, runbook: String) {
    let finding: Finding
    do {
      finding = try check.evaluate(history)
    } catch {
      finding = .inconclusive(.checkError, "the check failed: \(error)")
    }
    self.init(id: check.id, tier: check.tier, finding: finding, runbook: "\(runbook)#\(check.section)")
  }
}

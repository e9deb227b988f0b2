public import DrillCore
public import Topology

/// How a grade is asked for.
public struct GradeOptions: Sendable {
  /// The seed; `nil` draws a fresh one, as every real grade does.
  public var seed: UInt64?
  /// The tier that has to be reached for `passed`.
  public var required: Tier
  /// The engine's name, for the verdict.
  public var engineName: String
  /// The folder that the evidence is written to; it must not hold evidence yet.
  public var evidence: String
  /// The folder as the verdict names it.
  public var evidenceLabel: String
  /// The lab's topology as it runs.
  public var topology: Topology
  /// The lab as it began, to see whether the trainee has worked on rules and preflight.
  public var pristine: String
  /// What a blind lab is called: the verdict then names neither scenario nor runbook.
  public var blindName: String?

  /// Options; `pristine` is `.firedrill/pristine` of the lab unless told.
  public init(
    seed: UInt64? = nil, required: Tier = .resolved, engineName: String = "process", evidence: String,
    evidenceLabel: String? = nil, topology: Topology, pristine: String, blindName: String? = nil
  ) {
    self.seed = seed
    self.required = required
    self.engineName = engineName
    self.evidence = evidence
    self.evidenceLabel = evidenceLabel ?? evidence
    self.topology = topology
    self.pristine = pristine
    self.blindName = blindName
  }

  /// The seed to use: the given one, or a fresh one of 53 bits (every JSON reader keeps such a number).
  var effectiveSeed: UInt64 {
    if let seed { return seed }
    var system = SystemRandomNumberGenerator()
    return system.next() >> 11
  }
}

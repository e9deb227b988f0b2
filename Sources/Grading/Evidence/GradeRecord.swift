public import DrillCore

/// What a verdict needs to know besides the history: how the grade was asked for.
public struct GradeRecord: Sendable, Equatable, Codable {
  /// The version of this file's form.
  public var schema = 1
  /// The scenario's id; in a blind lab what is shown instead of it.
  public var scenario: String
  /// The seed of the grade.
  public var seed: UInt64
  /// The engine's name, for instance `process`.
  public var engine: String
  /// The tier that has to be reached.
  public var required: Tier
  /// Where the evidence lies, as the verdict says it.
  public var evidence: String
  /// When the grade began, in seconds since 1970.
  public var startedAt: Double
  /// Whether the verdict must not name the failure; nil for no.
  public var blind: Bool?

  /// A record.
  public init(
    scenario: String, seed: UInt64, engine: String, required: Tier, evidence: String, startedAt: Double,
    blind: Bool = false
  ) {
    self.scenario = scenario
    self.seed = seed
    self.engine = engine
    self.required = required
    self.evidence = evidence
    self.startedAt = startedAt
    self.blind = blind ? true : nil
  }
}

public import DrillCore

/// A verdict with what the reports of a pipeline need besides.
public struct ReportedGrade: Sendable {
  /// The verdict.
  public var verdict: Verdict
  /// The tier that had to be reached: what lies above it neither fails a pipeline nor stops one.
  public var required: Tier
  /// How long it took.
  public var seconds: Double
  /// What annotations are pinned to, a path from the repository's root.
  public var file: String
  /// The folder that has the pictures of `GradePicture`; `nil`: none are kept.
  public var pictures: String?
  /// What `GradeChart` draws; empty where nobody was served.
  public var chart: String

  /// A verdict, reported against the tier that was required.
  public init(
    _ verdict: Verdict, required: Tier, seconds: Double = 0, file: String = "", pictures: String? = nil,
    chart: String = ""
  ) {
    self.verdict = verdict
    self.required = required
    self.seconds = seconds
    self.file = file
    self.pictures = pictures
    self.chart = chart
  }

  /// What a finding means to whoever required a tier.
  enum Meaning {
    /// As demanded.
    case met
    /// The repair does not reach what was required.
    case wrong
    /// It could not be told.
    case untold
    /// Not met, and not required either.
    case beyond
  }

  struct Item {
    var check: CheckResult
    var meaning: Meaning
  }

  /// Every check, in the scenario's order; and where a verdict is inconclusive though no check says so, why it is.
  var items: [Item] {
    verdict.checks.map { Item(check: $0, meaning: meaning(of: $0)) }
      + (untried.map { [Item(check: $0, meaning: .untold)] } ?? [])
  }

  private func meaning(of check: CheckResult) -> Meaning {
    switch check.finding.status {
    case .met: .met
    case .violated: check.tier > required ? .beyond : .wrong
    case .inconclusive: check.tier > required ? .beyond : .untold
    }
  }

  /// The lowest tier that was required and of which nothing was tried, where that alone is what stood in the way.
  private var untried: CheckResult? {
    let relevant = verdict.checks.filter { $0.tier <= required }
    guard verdict.verdict == .inconclusive, relevant.allSatisfy({ $0.finding.status == .met }),
      let tier = Tier.allCases.first(where: { tier in
        tier > .none && tier <= required && !relevant.contains { $0.tier == tier }
      })
    else { return nil }
    let finding = Finding.inconclusive(
      .notTried,
      verdict.checks.isEmpty ? "nothing was tried" : "nothing that decides the tier \(tier.rawValue) was tried",
      expected: "a trial of each tier up to \(required.rawValue)")
    return CheckResult(id: "grade", tier: tier, finding: finding, runbook: "")
  }
}

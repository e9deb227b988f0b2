import DrillCore
import Foundation

/// What became of a cell.
public struct CellResult: Sendable, Equatable {
  /// The four values.
  public enum Outcome: String, Sendable, Codable {
    /// The grade gave what it must.
    case right
    /// It gave something else.
    case wrong
    /// It said that it could not tell, where it should have.
    case undecided
    /// There was no grade: the lab didn't start, or a script failed.
    case missing

    /// Whether nothing is known: there was no grade, or it could not tell. On a machine that others use too it may say
    /// more when it is asked again; a verdict that is wrong stays wrong.
    public var saysNothing: Bool { self == .undecided || self == .missing }
  }

  /// The value.
  public var outcome: Outcome
  /// What was given instead, in one line; empty when right.
  public var detail: String
  /// The grade's own seed, with which it can be replayed.
  public var seed: UInt64?

  /// A result.
  public init(_ outcome: Outcome, _ detail: String = "", seed: UInt64? = nil) {
    self.outcome = outcome
    self.detail = detail
    self.seed = seed
  }
}

/// Compares what `firedrill grade --json` or `firedrill verify --json` gave with what a cell must give.
public enum Judge {
  private struct Report: Decodable {
    struct Check: Decodable {
      var id: String
      var status: String
      var reason: String?
    }
    var schema: Int
    var seed: UInt64
    var verdict: Verdict.Value
    var tier: Tier
    var checks: [Check]
  }

  /// - Parameters:
  ///   - status: the grade's exit code.
  ///   - output: its standard output: a verdict as JSON, schema 1, or nothing.
  ///   - errors: its standard error, for the message when there is no verdict.
  public static func judge(
    _ expectation: Cell.Expectation, status: Int32, output: String, errors: String = ""
  ) -> CellResult {
    // Wrong words, a missing part or an interrupt say nothing about the grader.
    if [64, 69, 130].contains(status) { return CellResult(.missing, "exit \(status): \(tail(errors))") }
    guard let report = Self.report(output) else {
      let isNeither = status == 3 && expectation == .inconclusive
      guard !isNeither else { return CellResult(.right) }
      return CellResult(status == 3 ? .undecided : .wrong, "no verdict, exit \(status): \(tail(errors))")
    }
    let detail = describe(report)
    func result(_ isRight: Bool) -> CellResult {
      guard !isRight else { return CellResult(.right, seed: report.seed) }
      return CellResult(report.verdict == .inconclusive ? .undecided : .wrong, detail, seed: report.seed)
    }
    guard status == code(of: report.verdict) else {
      return CellResult(.wrong, "exit \(status) beside the verdict \(detail)", seed: report.seed)
    }
    switch expectation {
    case .passed(let tier): return result(report.verdict == .passed && report.tier == tier)
    case .inconclusive: return result(report.verdict == .inconclusive)
    case .seen: return CellResult(.wrong, "a verdict where nothing is graded: \(detail)", seed: report.seed)
    case .failed(let check, let reason):
      let pinned = report.checks.first { $0.id == check }
      // It failed for something else, and a machine that had no time for it could not tell what it is known for.
      if report.verdict == .failed, pinned?.status == "inconclusive",
        pinned?.reason == Finding.Inconclusive.loadNotDelivered.rawValue
      {
        return CellResult(.undecided, detail, seed: report.seed)
      }
      return result(report.verdict == .failed && pinned?.status == "violated" && pinned?.reason == reason)
    }
  }

  /// How one command of the diagnosis went, from `firedrill runbook --run NAME`.
  public struct Look: Sendable {
    /// The command's name.
    public var name: String
    /// The exit code of its run; nil when it did not end in time.
    public var status: Int32?
    /// What it showed.
    public var output: String
    /// What it said on standard error.
    public var errors: String

    /// A look.
    public init(name: String, status: Int32?, output: String, errors: String) {
      self.name = name
      self.status = status
      self.output = output
      self.errors = errors
    }
  }

  /// Right when every command ended with 0; a runbook that does not work as printed is wrong, and is shown.
  public static func judge(_ looks: [Look]) -> CellResult {
    // What passes on silence proves nothing.
    guard !looks.isEmpty else { return CellResult(.missing, "the runbook has no command to try") }
    // Wrong words, a missing part or an interrupt say nothing about the commands.
    for look in looks {
      if let status = look.status, [64, 69, 130].contains(status) {
        return CellResult(.missing, "\(look.name): exit \(status): \(tail(look.errors))")
      }
    }
    let failed = looks.filter { $0.status != 0 }
    let words = failed.map { look in
      let shown = (look.output + "\n" + look.errors).split(whereSeparator: \.isNewline).suffix(6)
      return "\(look.name) \(look.status.map { "ended with \($0)" } ?? "did not end in time"): "
        + (shown.isEmpty ? "it showed nothing" : shown.joined(separator: "; "))
    }
    return CellResult(failed.isEmpty ? .right : .wrong, words.joined(separator: "\n        "))
  }

  /// The verdict of `grade --json`, or the only one of `verify --json`.
  private static func report(_ output: String) -> Report? {
    struct Reports: Decodable {
      var schema: Int
      var verdicts: [Report]
    }
    let data = Data(output.utf8)
    if let several = try? JSONDecoder().decode(Reports.self, from: data) {
      return several.schema == 1 && several.verdicts.count == 1 ? several.verdicts[0] : nil
    }
    guard let report = try? JSONDecoder().decode(Report.self, from: data) else { return nil }
    return report.schema == 1 ? report : nil
  }

  private static func code(of verdict: Verdict.Value) -> Int32 {
    switch verdict {
    case .passed: 0
    case .failed: 1
    case .inconclusive: 3
    }
  }

  private static func describe(_ report: Report) -> String {
    let bad = report.checks.filter { $0.status != "met" && $0.reason != "not_tried" }
    let reasons = bad.map { "\($0.id) \($0.status) (\($0.reason ?? "?"))" }
    return "\(report.verdict.rawValue), tier \(report.tier.rawValue)"
      + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", "))
  }

  private static func tail(_ errors: String) -> String {
    let lines = errors.split(whereSeparator: \.isNewline).suffix(2)
    return lines.isEmpty ? "nothing on standard error" : lines.joined(separator: "; ")
  }
}

public import DrillCore
public import Engine
import Foundation
import Grading

/// What happened to a lab and when, from what it left behind: its start, its change log, its grades.
public struct Timeline: Sendable, Equatable {
  /// Something that happened.
  public struct Moment: Sendable, Equatable {
    /// Seconds since 1970.
    public var at: Double
    /// In words.
    public var what: String

    /// Something at a time, in seconds since 1970.
    public init(at: Double, what: String) {
      self.at = at
      self.what = what
    }
  }

  /// What a grade found.
  public struct Grade: Sendable, Equatable {
    /// When it began, in seconds since 1970.
    public var at: Double
    /// Passed, failed or inconclusive, as its verdict says.
    public var verdict: String
    /// The tier that was reached.
    public var tier: Tier?
    /// The checks that were violated: their ids.
    public var violated: [String]
    /// The first alert of the lab's own that fired in it.
    public var alert: Moment?

    /// A grade that began `at`.
    public init(at: Double, verdict: String, tier: Tier?, violated: [String] = [], alert: Moment? = nil) {
      self.at = at
      self.verdict = verdict
      self.tier = tier
      self.violated = violated
      self.alert = alert
    }
  }

  /// When users were hurt first: when the symptom was seen.
  public var harm: Double
  /// What was changed since then, the oldest first.
  public var changes: [Moment]
  /// The grades since then, the oldest first.
  public var grades: [Grade]

  /// A timeline.
  public init(harm: Double, changes: [Moment], grades: [Grade]) {
    self.harm = harm
    self.changes = changes
    self.grades = grades
  }

  /// The first sign that somebody noticed: a change, or a grade.
  public var noticed: Moment? {
    let signs =
      changes.prefix(1) + grades.prefix(1).map { Moment(at: $0.at, what: "the first grade") }
    return signs.min { $0.at < $1.at }
  }

  /// The change after which a grade first reached `tier`; the grade itself where nothing had been changed.
  public func reached(_ tier: Tier) -> Moment? {
    guard let grade = grades.first(where: { $0.tier.map { $0 >= tier } ?? false }) else { return nil }
    return changes.last { $0.at <= grade.at } ?? Moment(at: grade.at, what: "a grade")
  }

  /// Everything in order.
  public var moments: [Moment] {
    var all = [Moment(at: harm, what: "first harm to users: the symptom shows")] + changes
    for grade in grades {
      let found = grade.violated.isEmpty ? "" : " (\(grade.violated.joined(separator: ", ")))"
      all.append(Moment(at: grade.at, what: "grade: \(grade.verdict), tier \(grade.tier?.rawValue ?? "none")\(found)"))
      if let alert = grade.alert { all.append(alert) }
    }
    return all.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}

extension Timeline {
  /// What every lab's change log begins with, and again after a reset.
  static let beginning = "deploy: the lab as it began"

  /// Reads what a lab left behind.
  ///
  /// - Throws: `EngineError` for a lab whose symptom never showed.
  public static func read(_ lab: LabFolder) throws -> Timeline {
    let entries = ChangeLog(path: lab.changeLog).entries()
    guard let first = entries.lastIndex(where: { $0.what == beginning }), let baseline = Baseline.of(lab),
      let symptom = baseline.symptomSeconds
    else {
      throw EngineError("the lab in \(lab.path) never showed its symptom: there is nothing to tell", code: .usage)
    }
    // The entry was written when the lab was healthy.
    let harm = entries[first].at - (baseline.healthySeconds ?? 0) + symptom
    let changes = entries[(first + 1)...].filter { $0.at > harm }.map { Moment(at: $0.at, what: $0.what) }
    return Timeline(harm: harm, changes: changes, grades: grades(of: lab).filter { $0.at >= harm })
  }

  /// The grades whose evidence lies in the lab, the oldest first. One that broke off has no verdict and is left out.
  private static func grades(of lab: LabFolder) -> [Grade] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: lab.evidence)) ?? []
    return names.compactMap { grade(in: "\(lab.evidence)/\($0)") }.sorted { $0.at < $1.at }
  }

  private struct VerdictFile: Decodable {
    struct Check: Decodable {
      var id: String
      var status: String
    }
    var verdict: String
    var tier: String
    var checks: [Check]
  }

  private static func grade(in folder: String) -> Grade? {
    guard let record = try? Evidence(folder: folder).record(),
      let data = FileManager.default.contents(atPath: folder + "/verdict.json"),
      let file = try? JSONDecoder().decode(VerdictFile.self, from: data)
    else { return nil }
    return Grade(
      at: record.startedAt, verdict: file.verdict, tier: Tier(rawValue: file.tier),
      violated: file.checks.filter { $0.status == "violated" }.map(\.id), alert: alert(in: folder, record))
  }

  private static func alert(in folder: String, _ record: GradeRecord) -> Moment? {
    guard let data = FileManager.default.contents(atPath: folder + "/history.jsonl"),
      let history = try? HistoryFile.decode(data),
      let first = history.alerts.first(where: { $0.alert.state == "firing" })
    else { return nil }
    return Moment(
      at: record.startedAt + Double(first.at) / 1e9, what: "the alert \(first.alert.name) fires in that grade")
  }
}

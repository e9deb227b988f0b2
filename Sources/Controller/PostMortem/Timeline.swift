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
    /// When it ended, and its verdict was known.
    public var end: Double
    /// Passed, failed or inconclusive, as its verdict says.
    public var verdict: String
    /// The tier that was reached.
    public var tier: Tier?
    /// The checks that were violated: their ids.
    public var violated: [String]
    /// Alerts of the lab's own that fired in it: the first one, and the one that was judged.
    public var alerts: [Moment]

    /// A grade that began `at`; without an `end` it took no time.
    public init(
      at: Double, end: Double? = nil, verdict: String, tier: Tier?, violated: [String] = [], alerts: [Moment] = []
    ) {
      self.at = at
      self.end = end ?? at
      self.verdict = verdict
      self.tier = tier
      self.violated = violated
      self.alerts = alerts
    }
  }

  /// When the shop was broken; nil where the start did not write it down.
  public var fault: Double?
  /// When users were hurt first: when the symptom was seen.
  public var harm: Double
  /// What was changed since then, the oldest first.
  public var changes: [Moment]
  /// The grades since then, the first to end first.
  public var grades: [Grade]
  /// Hints and looks into the runbook since then, the oldest first.
  public var help: [Moment]
  /// The first look since then at a log, a shell, the symptom.
  public var look: Moment?
  /// When the lab, stopped meanwhile, was taken up again.
  public var continued: [Moment]
  /// Alerts of the lab's own that fired while it ran, outside of grades.
  public var alerts: [Moment] = []

  /// A timeline.
  public init(
    fault: Double? = nil, harm: Double, changes: [Moment], grades: [Grade], help: [Moment] = [], look: Moment? = nil,
    continued: [Moment] = []
  ) {
    self.fault = fault
    self.harm = harm
    self.changes = changes
    self.grades = grades
    self.help = help
    self.look = look
    self.continued = continued
  }

  /// Adds alerts that fired; what fired in a grade is told with it.
  public mutating func add(alerts: [Moment]) {
    self.alerts += alerts.filter { alert in !grades.contains { ($0.at...max($0.at, $0.end)).contains(alert.at) } }
  }

  /// The first sign that somebody noticed: whatever was done first.
  public var noticed: Moment? {
    let signs =
      changes.prefix(1) + help.prefix(1) + [look].compactMap { $0 }
      + grades.map { Moment(at: $0.at, what: "a grade") }
    return signs.min { $0.at < $1.at }
  }

  /// The end of the first grade that reached `tier`: from then on it is known.
  public func reached(_ tier: Tier) -> Moment? {
    grades.first { $0.tier.map { $0 >= tier } ?? false }.map { Moment(at: $0.end, what: "the end of a grade") }
  }

  /// Everything in order.
  public var moments: [Moment] {
    var all = fault.map { [Moment(at: $0, what: "the fault: from here on the shop is broken")] } ?? []
    all.append(Moment(at: harm, what: "first harm to users: the symptom shows"))
    all += changes + help + continued + alerts
    if let look { all.append(Moment(at: look.at, what: "first look: \(look.what)")) }
    for grade in grades {
      all += grade.alerts
      let failed = grade.violated.isEmpty ? "" : "; failed: \(grade.violated.joined(separator: ", "))"
      all.append(
        Moment(at: grade.end, what: "grade ends: \(grade.verdict), tier \(grade.tier?.rawValue ?? "none")\(failed)"))
    }
    return all.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}

extension Timeline {
  /// What every lab's change log begins with, and again after a reset.
  static let beginning = "deploy: the lab as it began"
  /// What is written down where a stopped lab goes on.
  static let continuation = "continued: the stopped lab runs again, its own files with fresh data"

  /// Reads what a lab left behind.
  ///
  /// - Throws: `EngineError` for a lab whose symptom never showed.
  public static func read(_ lab: LabFolder) throws -> Timeline {
    let entries = ChangeLog(path: lab.changeLog).all()
    guard let first = entries.lastIndex(where: { $0.what == beginning }), let baseline = Baseline.of(lab),
      let symptom = baseline.symptomSeconds
    else {
      throw EngineError("the lab in \(lab.path) never showed its symptom: there is nothing to tell", code: .usage)
    }
    // The entry was written when the lab was healthy.
    let ordered = entries[first].at - (baseline.healthySeconds ?? 0)
    let harm = ordered + symptom
    let since = entries[(first + 1)...].filter { $0.at > harm }
    func moments(_ kind: ChangeLog.Kind) -> [Moment] {
      since.filter { ($0.kind ?? .change) == kind }.map { Moment(at: $0.at, what: $0.what) }
    }
    let changes = moments(.change)
    return Timeline(
      fault: baseline.faultSeconds.map { ordered + $0 }, harm: harm,
      changes: changes.filter { $0.what != continuation },
      grades: grades(of: lab, since.compactMap(\.evidence)).filter { $0.at >= harm },
      help: moments(.help), look: moments(.look).first, continued: changes.filter { $0.what == continuation })
  }

  /// The grades whose evidence lies in the lab, is kept out of it as it is blind, or was put elsewhere; the first to
  /// end first. One that broke off has no verdict and is left out.
  private static func grades(of lab: LabFolder, _ elsewhere: [String]) -> [Grade] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: lab.evidence)) ?? []
    let kept = (try? lab.state()).map { BlindEvidence(labID: $0.id).grades } ?? []
    let folders = Set((names.map { "\(lab.evidence)/\($0)" } + kept + elsewhere).map { LabFolder(path: $0).path })
    return folders.compactMap(grade).sorted { $0.end < $1.end }
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
    let history = FileManager.default.contents(atPath: folder + "/history.jsonl").flatMap {
      try? HistoryFile.decode($0)
    }
    func time(_ nanoseconds: Int64) -> Double { record.startedAt + Double(nanoseconds) / 1e9 }
    let alerts = (history.map(FiredAlert.all) ?? []).map { alert in
      let place = alert.trial.map { "trial \($0) of a grade" } ?? "a grade"
      return Moment(
        at: time(alert.at), what: "the alert \(alert.name) fires in \(place)\(alert.isJudged ? ": the judged one" : "")"
      )
    }
    return Grade(
      at: record.startedAt, end: history?.events.map(\.at).max().map(time), verdict: file.verdict,
      tier: Tier(rawValue: file.tier), violated: file.checks.filter { $0.status == "violated" }.map(\.id),
      alerts: alerts)
  }
}

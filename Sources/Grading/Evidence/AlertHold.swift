import DrillCore

/// What is known of the lab's alerts in the part of a trial that holds its faults until one fires: which alert counts
/// is decided here, for the verdict and for the post-mortem.
struct AlertHold {
  /// From its begin to its end.
  let span: ClosedRange<Int64>
  /// When the first fault was ordered.
  let first: Int64
  /// When the first fault was seen; nil when none was.
  let verified: Int64?
  /// Alerts that fired shortly before, or were on their way for a while.
  let before: Set<String>
  /// Alerts that began to fire in it, whatever for.
  let begun: Set<String>
  /// Alerts whose rules have no figure of the shop.
  let unfounded: Set<String>
  private let history: History

  /// The part called `phase`; nil when it never began.
  init?(_ history: History, phase: String) {
    guard let span = history.span(of: phase) else { return nil }
    self.history = history
    self.span = span
    let faults = history.faults.filter { span.contains($0.at) }
    verified = faults.first { $0.fault.action == "verified" }?.at
    first = faults.map(\.at).min() ?? verified ?? span.lowerBound
    before = Self.about(history, until: first)
    begun = Set(history.alerts.filter { span.contains($0.at) && $0.alert.state == "firing" }.map(\.alert.name))
    let foundations = history.probes("alert.foundation", in: phase).map(\.probe)
    unfounded = Set(foundations.filter { !$0.ok && !$0.dead }.compactMap(\.text))
  }

  /// The first new alert that fired in `range` and rests on figures of the shop.
  func began(_ range: ClosedRange<Int64>) -> (at: Int64, alert: AlertEvent)? {
    history.alerts.first {
      range.contains($0.at) && $0.alert.state == "firing" && !before.union(unfounded).contains($0.alert.name)
    }
  }

  /// The alert that is judged: the first one after the fault was seen.
  var judged: (at: Int64, alert: AlertEvent)? { verified.flatMap { began($0...span.upperBound) } }

  /// An alert that is silent at rest is silent for so long, in ns: no less than it has to fire when the fault comes.
  /// One that is on its way now and then and never gets there is silent.
  static let quiet: Int64 = 12_000_000_000
  /// One that has been on its way for longer would have fired in any case, in ns.
  private static let spell: Int64 = 2_000_000_000

  /// The alerts that were about when somebody looked last, and whether they fired.
  static func known(_ history: History) -> [String: String] {
    history.alerts.reduce(into: [:]) { state, entry in
      state[entry.alert.name] = entry.alert.state == "inactive" ? nil : entry.alert.state
    }
  }

  /// The alerts that fired at some time in the last `quiet` before `time`, and those that were on their way by then for
  /// longer than for a moment.
  static func about(_ history: History, until time: Int64) -> Set<String> {
    var last: [String: (state: String, since: Int64)] = [:]
    var about: Set<String> = []
    for (at, alert) in history.alerts where at < time {
      // It fired until now.
      if last[alert.name]?.state == "firing", at >= time - quiet { about.insert(alert.name) }
      if alert.state != last[alert.name]?.state { last[alert.name] = (alert.state, at) }
    }
    for (name, (state, since)) in last {
      if state == "firing" || (state == "pending" && since <= time - spell) { about.insert(name) }
    }
    return about
  }
}

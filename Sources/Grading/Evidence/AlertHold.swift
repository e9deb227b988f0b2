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
  /// Alerts that were on their way or fired before.
  let before: Set<String>
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
    before = Self.standing(history, until: first)
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

  /// The alerts that are on their way or fire at `time`.
  static func standing(_ history: History, until time: Int64) -> Set<String> {
    var state: [String: String] = [:]
    for (at, alert) in history.alerts where at < time { state[alert.name] = alert.state }
    return Set(state.filter { $0.value == "firing" || $0.value == "pending" }.keys)
  }
}

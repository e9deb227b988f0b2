public import DrillCore

/// An alert of the lab's own that fired during a grade.
public struct FiredAlert: Sendable, Equatable {
  /// Nanoseconds since the grade began.
  public var at: Int64
  /// The alert's name.
  public var name: String
  /// The trial in which it fired; nil outside of all.
  public var trial: String?
  /// Whether it is the one that `alert-fires-first` looks at: the first new one after the faults of a trial that holds
  /// them until one fires.
  public var isJudged: Bool

  /// The first alert that fired, and the judged one where it is another; the oldest first.
  public static func all(in history: History) -> [FiredAlert] {
    let trials = Set(
      history.events.compactMap { event -> String? in
        guard case .phase(let phase) = event.kind, !phase.name.contains(".") else { return nil }
        return phase.name
      })
    func trial(_ at: Int64) -> String? { trials.first { history.span(of: $0)?.contains(at) ?? false } }
    let judged = trials.compactMap { AlertHold(history, phase: "\($0).hold")?.judged }.min { $0.at < $1.at }
    let first = history.alerts.first { $0.alert.state == "firing" }
    var result: [FiredAlert] = []
    if let first, first.at != judged?.at || first.alert.name != judged?.alert.name {
      result.append(FiredAlert(at: first.at, name: first.alert.name, trial: trial(first.at), isJudged: false))
    }
    if let judged {
      result.append(FiredAlert(at: judged.at, name: judged.alert.name, trial: trial(judged.at), isJudged: true))
    }
    return result
  }
}

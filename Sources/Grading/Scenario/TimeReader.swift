import Engine
import Topology

extension YAMLValue {
  /// A time of a scenario: more than nothing and at most an hour, or a report.
  /// - Parameter orNone: nothing is right as well.
  func time(orNone: Bool = false) -> Duration? {
    guard let time = duration() else { return nil }
    let most = FaultKind.longestLease
    if time > .seconds(most) || (time <= .zero && !orNone) {
      report("must be \(orNone ? "" : "more than 0s, and ")at most \(Int(most))s, not `\(string() ?? "")`")
    }
    return time
  }
}

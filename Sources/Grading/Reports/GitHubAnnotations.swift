public import DrillCore

/// What did not pass, as workflow commands of GitHub Actions: a line each.
public enum GitHubAnnotations {
  /// GitHub shows ten of each kind in a step.
  static let most = 10

  /// `::error` for what a repair does not reach, `::warning` where it could not be told.
  ///
  /// - Parameter file: what they are pinned to, a path from the repository's root.
  public static func lines(_ verdicts: [Verdict], file: String) -> [String] {
    let found = verdicts.flatMap { verdict in
      verdict.checks.filter { $0.finding.status != .met }.map { line(verdict, $0, file) }
    }
    guard found.count > most else { return found }
    return Array(found.prefix(most - 1))
      + ["::warning title=firedrill::\(found.count - most + 1) more are in the summary and in the JUnit file"]
  }

  private static func line(_ verdict: Verdict, _ check: CheckResult, _ file: String) -> String {
    let kind = check.finding.status == .violated ? "error" : "warning"
    let title = property("\(verdict.scenario): \(check.id) [\(check.tier.rawValue)]")
    let place = check.runbook.isEmpty ? "" : "; see \(check.runbook)"
    let message = "\(check.finding.observed); expected: \(check.finding.expected)\(place)"
    return "::\(kind) file=\(property(file)),title=\(title)::\(data(message))"
  }

  private static func data(_ text: String) -> String {
    text.reduce(into: "") { out, character in
      switch character {
      case "%": out += "%25"
      case "\r": out += "%0D"
      case "\n": out += "%0A"
      case "\r\n": out += "%0D%0A"
      default: out.append(character)
      }
    }
  }

  private static func property(_ text: String) -> String {
    data(text).reduce(into: "") { out, character in
      switch character {
      case ":": out += "%3A"
      case ",": out += "%2C"
      default: out.append(character)
      }
    }
  }
}

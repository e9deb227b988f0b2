import DrillCore

/// What did not pass, as workflow commands of GitHub Actions: a line each.
public enum GitHubAnnotations {
  /// GitHub shows ten of each kind in a step.
  static let most = 10

  /// `::error` for what a repair does not reach, `::warning` where it could not be told, `::notice` for what is not met
  /// and was not required; in this order, pinned to the files of their grades.
  public static func lines(_ grades: [ReportedGrade]) -> [String] {
    let found = [("error", ReportedGrade.Meaning.wrong), ("warning", .untold), ("notice", .beyond)].flatMap {
      kind, meaning in
      grades.flatMap { grade in
        grade.items.filter { $0.meaning == meaning }.map { (kind: kind, text: line(kind, grade, $0)) }
      }
    }
    guard found.count > most else { return found.map(\.text) }
    let rest = found.dropFirst(most - 1)
    let kind = rest.allSatisfy { $0.kind == "notice" } ? "notice" : "warning"
    return found.prefix(most - 1).map(\.text)
      + ["::\(kind) title=firedrill::\(rest.count) more are in the summary and in the JUnit file"]
  }

  private static func line(_ kind: String, _ grade: ReportedGrade, _ item: ReportedGrade.Item) -> String {
    let check = item.check
    let title = property("\(grade.verdict.scenario): \(check.id) [\(check.tier.rawValue)]")
    let beyond = item.meaning == .beyond ? "beyond what was required: " : ""
    let place = check.runbook.isEmpty ? "" : "; see \(check.runbook)"
    let message = "\(beyond)\(check.finding.observed); expected: \(check.finding.expected)\(place)"
    return "::\(kind) file=\(property(grade.file)),title=\(title)::\(data(message))"
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

import DrillCore

/// Verdicts as Markdown, for the summary of a CI job.
public enum MarkdownReport {
  /// What GitHub takes of a step's summary is 1 MiB; more than this is left out, and said to be.
  private static let mostBytes = 900_000

  /// A table of the verdicts, where the pictures are, and for each verdict what was not met, what was required first,
  /// and how the users fared.
  public static func text(_ grades: [ReportedGrade]) -> String {
    var out = "### Firedrill\n\n| scenario | verdict | tier | seconds |\n| --- | --- | --- | --- |\n"
    for grade in grades {
      let verdict = grade.verdict
      out += "| \(cell(verdict.scenario)) | \(sign(verdict.verdict)) \(verdict.verdict.rawValue) | "
      out += "\(verdict.tier.rawValue) | \(tenths(grade.seconds)) |\n"
    }
    out += pictures(grades)
    let told = grades.filter { grade in !grade.chart.isEmpty || grade.items.contains { $0.meaning != .met } }
    for (index, grade) in told.enumerated() {
      let part = details(grade)
      guard out.utf8.count + part.utf8.count < mostBytes else {
        return out + "\n\(told.count - index) more are left out: see the JUnit file.\n"
      }
      out += part
    }
    return out
  }

  private static func pictures(_ grades: [ReportedGrade]) -> String {
    let lines = grades.compactMap { grade in
      grade.pictures.map { folder in
        "- \(cell(grade.verdict.scenario)): "
          + Evidence.pictures.map { cell("\(folder)/\($0)") }.joined(separator: ", ") + "\n"
      }
    }
    return lines.isEmpty ? "" : "\nPictures of how the users fared, in the evidence:\n\n" + lines.joined()
  }

  private static func details(_ grade: ReportedGrade) -> String {
    let verdict = grade.verdict
    let items = grade.items
    var out = "\n#### \(cell(verdict.scenario)): \(verdict.verdict.rawValue)\n\n"
    out += table(items.filter { $0.meaning == .wrong || $0.meaning == .untold })
    let beyond = table(items.filter { $0.meaning == .beyond })
    if !beyond.isEmpty { out += "\nNot met, but beyond what was required (\(grade.required.rawValue)):\n\n" + beyond }
    let load = verdict.load
    if load.scheduled > 0 {
      out += "\n\(load.scheduled) requests were due, \(load.sent) sent, \(load.ok) answered well; "
      out += "seed \(verdict.seed).\n"
    }
    if !grade.chart.isEmpty { out += "\n```text\n\(grade.chart)```\n" }
    return out
  }

  private static func table(_ items: [ReportedGrade.Item]) -> String {
    guard !items.isEmpty else { return "" }
    var out = "| check | seen | required | reason | runbook |\n| --- | --- | --- | --- | --- |\n"
    for check in items.map(\.check) {
      let fields = [
        check.id, check.finding.observed, check.finding.expected, check.finding.reason ?? "", check.runbook,
      ]
      out += "| " + fields.map(cell).joined(separator: " | ") + " |\n"
    }
    return out
  }

  private static func sign(_ value: Verdict.Value) -> String {
    switch value {
    case .passed: "✅"
    case .failed: "❌"
    case .inconclusive: "❔"
    }
  }

  private static func tenths(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }

  /// What a lab printed may stand in here: it makes no markup and no new line.
  private static func cell(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "|", "\\", "`", "*", "_", "[", "]", "<", ">", "#", "!", "@", "&": out += "&#\(scalar.value);"
      case "\u{0}"..."\u{1F}", "\u{7F}": out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

public import DrillCore

/// Verdicts as Markdown, for the summary of a CI job.
public enum MarkdownReport {
  /// What GitHub takes of a step's summary is 1 MiB; more than this is left out, and said to be.
  private static let mostBytes = 900_000

  /// A table of the verdicts, and for each that did not pass what was not met.
  public static func text(_ verdicts: [(verdict: Verdict, seconds: Double)]) -> String {
    var out = "### Firedrill\n\n| scenario | verdict | tier | seconds |\n| --- | --- | --- | --- |\n"
    for (verdict, seconds) in verdicts {
      out += "| \(cell(verdict.scenario)) | \(sign(verdict.verdict)) \(verdict.verdict.rawValue) | "
      out += "\(verdict.tier.rawValue) | \(tenths(seconds)) |\n"
    }
    let open = verdicts.filter { $0.verdict.verdict != .passed }
    for (index, entry) in open.enumerated() {
      let part = details(entry.verdict)
      guard out.utf8.count + part.utf8.count < mostBytes else {
        return out + "\n\(open.count - index) more are left out: see the JUnit file.\n"
      }
      out += part
    }
    return out
  }

  private static func details(_ verdict: Verdict) -> String {
    var out = "\n#### \(cell(verdict.scenario)): \(verdict.verdict.rawValue)\n\n"
    out += "| check | seen | required | reason | runbook |\n| --- | --- | --- | --- | --- |\n"
    for check in verdict.checks where check.finding.status != .met {
      let fields = [
        check.id, check.finding.observed, check.finding.expected, check.finding.reason ?? "", check.runbook,
      ]
      out += "| " + fields.map(cell).joined(separator: " | ") + " |\n"
    }
    let load = verdict.load
    if load.scheduled > 0 {
      out += "\n\(load.scheduled) requests were due, \(load.sent) sent, \(load.ok) answered well; "
      out += "seed \(verdict.seed).\n"
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

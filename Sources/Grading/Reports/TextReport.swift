public import DrillCore

/// A verdict for people.
public enum TextReport {
  /// Each check with what was seen, then the load, the verdict and the tier. No colours.
  ///
  /// Checks that are not met also say what is demanded and where the runbook helps; with `explain` all do.
  /// The verdict of a blind lab's grade names no runbook; `explain` then says so.
  public static func text(_ verdict: Verdict, required: Tier, explain: Bool = false) -> String {
    var lines: [String] = []
    for item in ReportedGrade(verdict, required: required).items {
      let check = item.check
      let observed = HarmlessText.within(check.finding.observed)
      lines.append("\(sign(check.finding.status)) \(check.id) [\(check.tier.rawValue)]: \(observed)")
      guard explain || check.finding.status != .met else { continue }
      lines.append("    expected: \(HarmlessText.within(check.finding.expected))")
      if let reason = check.finding.reason { lines.append("    reason:   \(reason)") }
      if item.meaning == .beyond { lines.append("    beyond what was required") }
      if !check.runbook.isEmpty { lines.append("    see:      \(command(showing: check.runbook, verdict.scenario))") }
    }
    if explain, verdict.checks.contains(where: { $0.runbook.isEmpty }) {
      lines.append("    where the runbook helps is left out: the lab is blind, `firedrill runbook --reveal` tells it")
    }
    let load = verdict.load
    lines.append("")
    lines.append(
      "load: \(load.scheduled) scheduled, \(load.sent) sent, \(load.answered) answered, \(load.ok) ok, "
        + "\(load.dropped) dropped")
    lines.append("\(verdict.verdict.rawValue): tier \(verdict.tier.rawValue), \(required.rawValue) required")
    let evidence = verdict.evidence.isEmpty ? "no evidence is kept" : "evidence in \(verdict.evidence)"
    lines.append("seed \(verdict.seed), \(evidence)")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The command that shows a part of the runbook; `place` is `FILE#HEADING`.
  private static func command(showing place: String, _ scenario: String) -> String {
    let parts = place.split(separator: "#", maxSplits: 1)
    return "firedrill runbook \(scenario)" + (parts.count == 2 ? " --section \(parts[1])" : "")
  }

  private static func sign(_ status: Finding.Status) -> String {
    switch status {
    case .met: "ok  "
    case .violated: "FAIL"
    case .inconclusive: "?   "
    }
  }
}

import Foundation

extension Summary {
  /// The page `certification.md`: a table for each scenario, and what its figures prove.
  public var markdown: String {
    var text = """
      # Certification

      What `firedrill certify` found: each cell is a fresh lab, driven through the command line, and its grade must give
      what the cell expects. Generated; `make certify` writes it anew.

      """
    if let engine, engine != "process" { text += "\nThe nodes were containers: `--engine \(engine)`.\n" }
    for scenario in scenarios { text += "\n" + Self.section(scenario) }
    return text
  }

  private static func section(_ scenario: ScenarioLine) -> String {
    let header = ["cell", "must give", "runs", "busy", "wrong", "could not tell", "median s", "worst s"]
    let rows = scenario.cells.map { cell in
      [
        cell.id, cell.expected, "\(cell.runs)", "\(cell.busyRuns)", "\(cell.wrong)", "\(cell.undecided)",
        seconds(cell.median, cell), seconds(cell.worst, cell),
      ]
    }
    let lines = ([header, header.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
    return """
      ## \(scenario.id)

      \(verdict(scenario))

      \(lines.joined(separator: "\n"))

      """
  }

  private static func verdict(_ scenario: ScenarioLine) -> String {
    let missing = scenario.cells.count { $0.runs == 0 }
    var text =
      "\(scenario.isCertified ? "Certified" : "Not certified"): \(scenario.cells.count) cells, "
      + "\(scenario.runs) runs, \(scenario.wrong) wrong verdicts"
    if missing > 0 { text += ", \(missing) cells without a run" }
    if scenario.undecided > 0 { text += ", \(scenario.undecided) grades that could not tell and were asked again" }
    text += "."
    guard scenario.wrong == 0, scenario.runs > 0 else { return text }
    let least = scenario.cells.map { $0.runs + $0.busyRuns }.min() ?? 0
    let proofs =
      (least > 0 ? [proof(runs: least, of: "each cell")] : []) + [proof(runs: scenario.runs, of: "all cells")]
    return text + "\n\n" + proofs.joined(separator: "\n")
  }

  /// What clean runs prove, in one sentence.
  static func proof(runs: Int, of what: String) -> String {
    let percent = number((Confidence.bound(cleanRuns: runs) * 1000).rounded() / 10)
    return "\(runs) clean run\(runs == 1 ? "" : "s") bound the share of wrong verdicts of \(what) below \(percent) % "
      + "(95 % confidence, 1 - 0.05^(1/\(runs)))."
  }

  private static func seconds(_ value: Double, _ cell: CellLine) -> String {
    cell.runs + cell.busyRuns > 0 ? number(value) : "-"
  }

  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}

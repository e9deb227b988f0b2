import Foundation

extension Summary {
  /// The page `certification.md`: a table for each scenario, and what its figures prove.
  public var markdown: String {
    var text = """
      # Certification

      What `firedrill certify` found: each cell is a fresh lab, driven through the command line, and its grade must give
      what the cell expects. Generated; `make certify` writes it anew.

      """
    text += "\n" + build + "\n" + limits + figures
    if let images { text += Self.sizes(images) }
    for scenario in scenarios { text += "\n" + Self.section(scenario) }
    return text
  }

  private var build: String {
    let nodes = engine == Summary.usualEngine ? "processes" : "containers (`--engine \(engine ?? "")`)"
    let source = commit.map { " of commit `\($0)`" } ?? ""
    return "Firedrill \(version ?? "of no version")\(source), with labs of \(nodes)."
  }

  /// What runs may cost at most, beside what they did cost, with the machine as it is.
  private var limits: String {
    let measured: [(String, Double?, most: Double, unit: String)] = [
      ("a grade, median", grade?.median, 15, "s"), ("a grade, worst", grade?.worst, 40, "s"),
      ("a verification, worst", verification?.worst, 45, "s"),
      ("one pass over all cells", passSeconds.map { $0 / 60 }, 45, "min"),
    ]
    let rows = measured.map { what, value, most, unit in
      let held = value.map { $0 <= most ? "held" : "**missed**" } ?? ""
      return [what, "\(Self.number(most)) \(unit)", value.map { "\(Self.number($0)) \(unit)" } ?? "-", held]
    }
    return "\n" + Self.table(["what", "at most", "measured", ""], rows) + "\n"
  }

  /// What the runs cost, by scenario.
  private var figures: String {
    let header = [
      "scenario", "grade, median s", "worst s", "verify, median s", "worst s", "healthy after s", "worst s",
      "memory (PSS), MB",
    ]
    func seconds(_ spread: Spread?) -> [String] {
      spread.map { [Self.number($0.median), Self.number($0.worst)] } ?? ["-", "-"]
    }
    let rows = scenarios.map { line in
      [line.id] + seconds(line.grade) + seconds(line.verification) + seconds(line.healthy)
        + [line.memory.map { "\(Int($0.median) >> 20)" } ?? "-"]
    }
    return """

      By scenario, without busy processors, also where two labs were judged side by side:

      \(Self.table(header, rows))

      """
  }

  private static func sizes(_ images: [Image]) -> String {
    """

    The images, each with all its layers, of which they share most:

    \(table(["image", "MB"], images.map { [$0.name, "\($0.bytes / 1_000_000)"] }))

    """
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private static func section(_ scenario: ScenarioLine) -> String {
    let header = ["cell", "must give", "runs", "busy", "wrong", "could not tell", "median s", "worst s"]
    let rows = scenario.cells.map { cell in
      [
        cell.id, cell.expected, "\(cell.runs)", "\(cell.busyRuns)", "\(cell.wrong)", "\(cell.undecided)",
        seconds(cell.median, cell), seconds(cell.worst, cell),
      ]
    }
    return """
      ## \(scenario.id)

      \(verdict(scenario))

      \(table(header, rows))

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
    text += scenario.busyRuns > 0 ? " \(scenario.busyRuns) of the runs with busy processors." : noneBusy
    guard scenario.wrong == 0, scenario.runs > 0 else { return text }
    // A diagnosis has no verdict, and proves nothing about those of others.
    let graded = scenario.cells.filter { $0.id != Cell.Kind.diagnosis.rawValue }.map { $0.runs + $0.busyRuns }
    let least = graded.min() ?? 0
    let proofs =
      (least > 0 ? [proof(runs: least, of: "each cell")] : [])
      + [proof(runs: graded.reduce(0, +), of: "all cells")]
    return text + "\n\n" + proofs.joined(separator: "\n")
  }

  private static let noneBusy = " No run with busy processors."

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

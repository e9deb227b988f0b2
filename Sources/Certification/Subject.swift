import DrillCore
import Foundation
import Grading
import Runbook
public import Topology

/// A scenario that is to be certified: all cells of its matrix, read from its files.
public struct Subject: Sendable, Equatable {
  /// The scenario's id.
  public var scenario: String
  /// The cells, in the order in which they are tried: what is most likely to be wrong first.
  public var cells: [Cell]
  /// How many processors a lab of it keeps busy.
  public var processors: Int
  /// What is wrong with the files; cells can be incomplete then.
  public var problems: [Problem]

  /// A scenario whose cells are known.
  public init(scenario: String, cells: [Cell]) {
    self.scenario = scenario
    self.cells = cells
    processors = CertifyFile.usualProcessors
    problems = []
  }

  /// Reads `Chaos/<id>/` and `Runbooks/<id>.md` below `share`. Places are relative to `share`.
  ///
  /// - Throws: `ProblemsError` or `RunbookError` with everything that is wrong in the scenario's own file or its
  ///   runbook.
  ///   Problems of the files that only certification reads are kept in `problems`.
  public init(scenario id: String, share: String) throws {
    scenario = id
    let scenario = try ScenarioFile.load("\(share)/Chaos/\(id)/scenario.yaml")
    let runbook = try Runbook.parse(Self.text("\(share)/Runbooks/\(id).md"), file: "Runbooks/\(id).md")
    let problems = Problems()
    let files = Files(share: share, id: id, problems: problems)
    let checks = Dictionary(
      scenario.checks.map { ($0.id, CheckCatalogue.reasons(of: $0)) }, uniquingKeysWith: { first, _ in first })
    let decoys = files.decoys(checks: checks)
    let healthy = files.executable("healthy.sh", because: "it makes a lab without the defect")
    let repairs = Self.repairs(id, runbook) + files.repairs(besides: runbook.fixes.map(\.name))
    let troubles = Self.troubles(id, scenario, runbook, healthy: healthy)
    let names =
      ["nothing", "healthy", "diagnosis"] + decoys.map { "decoy/\($0.id)" } + repairs.map(\.id)
      + Self.handedIn(id, runbook, nothing: CertifyFile.Refusal(check: "", reason: "")).map(\.id) + troubles.map(\.id)
    let certify = files.certify(checks: checks, decoys: decoys.map(\.id), cells: names)
    processors = certify?.processors ?? CertifyFile.usualProcessors
    cells = []
    if let nothing = certify?.nothing {
      cells.append(
        Cell(
          scenario: id, id: "nothing", kind: .nothing,
          expectation: .failed(check: nothing.check, reason: nothing.reason)))
    }
    cells.append(
      Cell(
        scenario: id, id: "healthy", kind: .healthy, preparations: [.script(healthy)],
        expectation: .passed(.resolved)))
    cells.append(
      Cell(
        scenario: id, id: "diagnosis", kind: .diagnosis, preparations: runbook.looks.map { .runbook($0.name) },
        expectation: .seen))
    cells += decoys.map { decoy in
      Cell(
        scenario: id, id: "decoy/\(decoy.id)", kind: .decoy,
        preparations: [.script("\(files.folder)/decoys/\(decoy.script)")], required: decoy.required,
        expectation: .failed(check: decoy.refusal.check, reason: decoy.refusal.reason))
    }
    cells += repairs
    cells += Self.handedIn(id, runbook, nothing: certify?.files ?? certify?.nothing)
    cells += troubles
    for index in cells.indices {
      cells[index].isTiming = certify?.timing.contains(cells[index].id) ?? false
      cells[index].damage = scenario.start.damage
    }
    files.count(decoys: decoys.count, fixes: runbook.fixes.count, looks: runbook.looks.count)
    self.problems = problems.errors.sorted { $0.place < $1.place }
  }

  private static func repairs(_ id: String, _ runbook: Runbook) -> [Cell] {
    var cells = runbook.fixes.map { fix in
      let tier: Tier = fix.tier == .resolved ? .resolved : .mitigated
      return Cell(
        scenario: id, id: "fix/\(fix.name)", kind: .fix, preparations: [.runbook(fix.name)], required: tier,
        expectation: .passed(tier))
    }
    if let prevented = prevented(runbook) {
      cells.append(
        Cell(
          scenario: id, id: "prevention", kind: .prevention, preparations: prevented, required: .prevented,
          expectation: .passed(.prevented)))
    }
    return cells
  }

  /// The files as they are given out, and those of the first repair that lasts.
  private static func handedIn(_ id: String, _ runbook: Runbook, nothing: CertifyFile.Refusal?) -> [Cell] {
    var cells: [Cell] = []
    if let nothing {
      cells.append(
        Cell(
          scenario: id, id: "files/nothing", kind: .files,
          expectation: .failed(check: nothing.check, reason: nothing.reason)))
    }
    if let fix = runbook.fixes.first(where: { $0.tier == .resolved }) {
      cells.append(
        Cell(
          scenario: id, id: "files/\(fix.name)", kind: .files, preparations: [.runbook(fix.name)],
          expectation: .passed(.resolved)))
    }
    return cells
  }

  /// The first repair that lasts, and every prevention; nil where the runbook has none.
  private static func prevented(_ runbook: Runbook) -> [Cell.Preparation]? {
    guard !runbook.preventions.isEmpty, let fix = runbook.fixes.first(where: { $0.tier == .resolved }) else {
      return nil
    }
    return [.runbook(fix.name)] + runbook.preventions.map { .runbook($0.name) }
  }

  /// On a lab that would pass: there every verdict but inconclusive would be the harness's own invention.
  private static func troubles(_ id: String, _ scenario: Scenario, _ runbook: Runbook, healthy: String) -> [Cell] {
    let troubles = [
      ("controller-killed", Cell.Trouble.controllerKilled), ("controller-frozen", .controllerFrozen),
      ("probes-cut-off", .probesCutOff),
    ]
    var cells = troubles.map {
      Cell(
        scenario: id, id: "harness/\($0.0)", kind: .harness, preparations: [.script(healthy)], trouble: $0.1,
        expectation: .inconclusive)
    }
    if let trial = scenario.trials.first(where: { $0.tier == .prevented }), let prevented = prevented(runbook) {
      cells.append(
        Cell(
          scenario: id, id: "harness/prometheus-stopped", kind: .harness, preparations: prevented,
          required: .prevented, trouble: .prometheusStopped(trial: trial.name), expectation: .inconclusive))
    }
    return cells
  }

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

/// The files of a scenario that only certification reads.
private struct Files {
  let share: String
  let id: String
  let problems: Problems

  var folder: String { "\(share)/Chaos/\(id)" }

  func certify(checks: [String: [String]], decoys: [String], cells: [String]) -> CertifyFile? {
    let file = "Chaos/\(id)/certify.yaml"
    guard let text = try? Subject.text("\(share)/\(file)") else {
      problems.report("is missing: it says how the untouched failure is refused", at: YAMLPlace(file: file))
      return nil
    }
    return CertifyFile.read(text, file: file, checks: checks, decoys: decoys, cells: cells, problems: problems)
  }

  func decoys(checks: [String: [String]]) -> [DecoyFile] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/decoys")) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted().compactMap { name in
      let file = "Chaos/\(id)/decoys/\(name)"
      guard let text = try? Subject.text("\(share)/\(file)") else { return nil }
      let decoy = DecoyFile.read(text, file: file, checks: checks, problems: problems)
      if let decoy { _ = executable("decoys/\(decoy.script)", because: "\(name) names it") }
      return decoy
    }
  }

  /// Right repairs that the runbook does not advise, `repairs/NAME.sh`, and such preventions,
  /// `repairs/prevented/NAME.sh`: a grader once refused them, or might.
  func repairs(besides known: [String]) -> [Cell] {
    [("repairs", Tier.resolved), ("repairs/prevented", .prevented)].flatMap { part, tier in
      // Most scenarios have none.
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)")) ?? []
      return names.filter { $0.hasSuffix(".sh") }.sorted().map { file in
        let name = String(file.dropLast(3))
        if known.contains(name) {
          problems.report("is a fix of the runbook, too", at: YAMLPlace(file: "Chaos/\(id)/\(part)/\(file)"))
        }
        return Cell(
          scenario: id, id: "fix/\(name)", kind: .fix,
          preparations: [.script(executable("\(part)/\(file)", because: "it is run in the lab"))],
          required: tier, expectation: .passed(tier))
      }
    }
  }

  /// The path of a script that must be there.
  func executable(_ name: String, because: String) -> String {
    let path = "\(folder)/\(name)"
    if !FileManager.default.isExecutableFile(atPath: path) {
      problems.report("is missing or not executable: \(because)", at: YAMLPlace(file: "Chaos/\(id)/\(name)"))
    }
    return path
  }

  func count(decoys: Int, fixes: Int, looks: Int) {
    if looks < 1 {
      problems.report("has no diagnosis that runs with nobody there", at: YAMLPlace(file: "Runbooks/\(id).md"))
    }
    if decoys < 5 {
      problems.report("has \(decoys) decoys; five are the least", at: YAMLPlace(file: "Chaos/\(id)/decoys"))
    }
    if fixes < 2 {
      problems.report("has \(fixes) fixes; two are the least", at: YAMLPlace(file: "Runbooks/\(id).md"))
    }
  }
}

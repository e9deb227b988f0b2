import ArgumentParser
import Certification
import Controller
import DrillCore
import Engine
import Foundation
import Grading
import Runbook
import Topology

/// `list`
struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The scenarios there are.")
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var output: OutputOptions

  private struct Row: Codable {
    var id: String
    var title: String
    var source: String
    var certified: Bool
    /// How many grades that rests on.
    var runs: Int?
    /// Of which programs: their version, and the commit of their sources where it is known.
    var version: String?
    var commit: String?
    /// What the nodes of those labs were.
    var engine: String?
  }

  func run() async throws {
    output.apply()
    let installation = try Installation.find()
    let summary = Summary.load(installation.share + "/docs/certification.json")
    let rows = try installation.scenarios.map { id in
      let scenario = try ScenarioFile.load(installation.scenario(id) + "/scenario.yaml")
      let runs = Self.certifiedRuns(id, summary, installation)
      let proof = runs == nil ? nil : summary
      return Row(
        id: id, title: scenario.title, source: scenario.source, certified: runs != nil, runs: runs,
        version: proof?.version, commit: proof?.commit, engine: proof.map { $0.engine ?? Summary.usualEngine })
    }
    if json { return Console.out(try Console.json(rows)) }
    Console.out(
      Console.table(
        rows.map { row in
          [Console.bold(row.id), row.runs.map { "certified, \($0) runs" } ?? "not certified", row.title]
        }))
    if let row = rows.first(where: \.certified), let version = row.version, let engine = row.engine {
      let source = row.commit.map { ", built from commit \($0)" } ?? ""
      Console.note("\nCertified with version \(version)\(source), in labs of --engine \(engine).")
    }
    Console.note("\nNext: `\(ProgramName.shown) start \(rows.first?.id ?? "ID")`.")
  }
}

extension List {
  /// The grades of a complete certification without a wrong verdict that lies beside the installation, and is of the
  /// files that are there and of programs of this version; nil without one.
  fileprivate static func certifiedRuns(_ id: String, _ summary: Summary?, _ installation: Installation) -> Int? {
    guard let files = try? Fingerprint.files(of: id, share: installation.share) else { return nil }
    return summary?.certifiedRuns(of: id, files: files, version: Release.version)
  }
}

/// `status`
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The lab and its nodes.")
  @OptionGroup var lab: LabOptions
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Every node, also the healthy instances of large services.") var all = false

  func run() async throws {
    var status = try await lab.controller().status()
    // In a blind lab nobody is told what it is; of faults the controller names only those by hand.
    if status.lab.blind { status.lab.scenario = status.lab.shownName }
    if json { return Console.out(try Console.json(status)) }
    Console.out("\(Console.bold(status.lab.shownName)) in \(lab.folder.path), seed \(status.lab.seed)")
    if let busy = status.busy { Console.out("a \(busy) is under way") }
    Console.out(Console.table([["NODE", "ADDRESS", "PID", "RESTARTS", "STATE"]] + rows(status.nodes)))
    for fault in status.faults {
      Console.out("fault \(fault.id): \(fault.kind) \(fault.parameters)")
    }
  }

  private func rows(_ nodes: [NodeStatus]) -> [[String]] {
    let services = nodes.reduce(into: [String]()) { if !$0.contains($1.service) { $0.append($1.service) } }
    return services.flatMap { service -> [[String]] in
      let own = nodes.filter { $0.service == service }
      let dull = own.filter { [.healthy, .running].contains($0.state) && $0.restarts == 0 }
      guard !all, own.count > 5, dull.count > 3 else { return own.map(row) }
      let rest = own.filter { node in !dull.contains { $0.name == node.name } }
      return [["\(service)-*", "", "", "", "\(dull.count) of \(own.count) healthy"]] + rest.map(row)
    }
  }

  private func row(_ node: NodeStatus) -> [String] {
    let colour = [.healthy, .running].contains(node.state) ? Console.green : Console.red
    let exit = node.exit.map { " (\($0))" } ?? ""
    return [
      node.name, node.address, node.pid.map(String.init) ?? "-", "\(node.restarts)",
      colour(node.state.rawValue) + (node.pid == nil ? exit : ""),
    ]
  }
}

/// `brief`
struct Brief: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What the users see, and what is required of a repair.")
  @OptionGroup var lab: LabOptions
  @Flag(help: "In a blind lab: also what the tier prevented requires, which tells much of what is wrong.")
  var prevented = false

  func run() async throws {
    let folder = lab.folder
    let state = try folder.requireState()
    guard prevented, state.scenario != "base" else {
      return Console.out(try String(contentsOfFile: folder.path + "/BRIEF.md", encoding: .utf8))
    }
    Console.out(try Self.text(of: state, prevention: true))
    if state.blind { ChangeLog(path: folder.changeLog).add("brief read with what prevented requires", .help) }
  }

  /// Writes the brief of the lab's scenario into its folder, and into the copy that `diff` and `reset` go by.
  ///
  /// - Parameter more: what stands under it.
  static func write(to folder: LabFolder, more: String = "") throws {
    let state = try folder.requireState()
    let text = try text(of: state, prevention: !state.blind) + more
    for place in [folder.path, folder.pristine] {
      try text.write(toFile: place + "/BRIEF.md", atomically: true, encoding: .utf8)
    }
  }

  private static func text(of state: LabFolder.State, prevention: Bool) throws -> String {
    let scenario = try ScenarioFile.load(Installation.find().scenario(state.scenario) + "/scenario.yaml")
    return BriefText.markdown(
      of: scenario, title: state.blind ? state.shownName : scenario.title, prevention: prevention)
  }
}

/// `hint`
struct Hint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "One hint more, from the faintest to the plainest.")
  @OptionGroup var lab: LabOptions

  func run() async throws {
    let folder = lab.folder
    let state = try folder.requireState()
    let hints = try ScenarioFile.load(Installation.find().scenario(state.scenario) + "/scenario.yaml").hints
    let file = folder.stateFolder + "/hints"
    let shown = min(hints.count, ((try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0) } ?? 0) + 1)
    try "\(shown)".write(toFile: file, atomically: true, encoding: .utf8)
    for (index, hint) in hints.prefix(shown).enumerated() {
      Console.out("\(index + 1). \(hint.trimmingCharacters(in: .whitespacesAndNewlines))")
    }
    Console.note(
      shown < hints.count
        ? "\n\(hints.count - shown) more."
        : "\nThat was the last one; `firedrill runbook\(state.blind ? " --reveal" : "")` tells it all.")
    ChangeLog(path: folder.changeLog).add("hint \(shown) of \(hints.count)", .help)
  }
}

/// `runbook [ID]`
struct RunbookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runbook", abstract: "The runbook of the lab's scenario, or of the one named.")
  @OptionGroup var lab: LabOptions
  @Argument(help: "A scenario.") var id: String?
  @Option(name: .customLong("run"), help: "Run the commands of this name in the lab's folder.") var fence: String?
  @Option(help: "Only the part under this heading, such as mitigation.") var section: String?
  @Flag(
    help: """
      In a blind lab: give up the search, and see what it is. The post-mortem will tell. The evidence of its grades is \
      put into the lab's folder.
      """)
  var reveal = false

  func run() async throws {
    let installation = try Installation.find()
    let folder = lab.folder
    let scenario = try id.map { try Start.known($0, installation) } ?? ofLab(folder)
    if (try? folder.state())?.scenario == scenario {
      ChangeLog(path: folder.changeLog).add(fence.map { "runbook, run: \($0)" } ?? "runbook read", .help)
    }
    let text = try String(contentsOfFile: installation.runbook(scenario), encoding: .utf8)
    if fence == nil, section == nil { return Console.out(text) }
    let runbook = try Runbook.parse(text, file: "Runbooks/\(scenario).md")
    guard let fence else { return Console.out(try Self.part(section ?? "", of: runbook)) }
    let scripts = runbook.fixes + runbook.diagnoses + runbook.preventions
    guard let script = scripts.first(where: { $0.name == fence }) else {
      let names = scripts.map(\.name)
      throw EngineError(
        "the runbook has no commands \(fence)\(Spelling.hint(for: fence, among: names)); it has "
          + names.joined(separator: ", "),
        code: .usage)
    }
    let status = try await FenceRunner(folder: folder, installation: installation).run(script.text, echo: true)
    if status != 0 { throw ExitCode(ExitStatus.failed) }
  }

  private static func part(_ name: String, of runbook: Runbook) throws -> String {
    if let text = runbook.part(name.lowercased()) { return text.trimmingCharacters(in: .newlines) }
    let names = runbook.sections.filter { $0.level > 1 }.map(\.anchor)
    throw EngineError(
      "the runbook has no part \(name)\(Spelling.hint(for: name, among: names)); "
        + "it has \(names.joined(separator: ", "))", code: .usage)
  }

  /// The lab's scenario: of a blind lab only for who wants to know.
  private func ofLab(_ folder: LabFolder) throws -> String {
    let state = try folder.requireState()
    guard !state.blind || reveal else {
      throw EngineError(
        "this lab is blind, and its runbook names the failure: `firedrill runbook --reveal` shows it, and is noted; "
          + "`firedrill hint` tells less", code: .usage)
    }
    // While the lab runs, a grade may still be writing.
    let isOver = !RunDirectory(labID: state.id).isAlive
    if state.blind, try BlindEvidence(labID: state.id).putIntoPlace(of: folder, unfinished: isOver) > 0 {
      Console.note("the evidence of its grades is in \(folder.evidence) now\n")
    }
    return state.scenario
  }
}

/// `changes`
struct Changes: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What changed and when: deploys, settings, restarts; correlate it with the symptom.")
  @OptionGroup var lab: LabOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let entries = ChangeLog(path: lab.folder.changeLog).entries()
    if json { return Console.out(try Console.json(entries)) }
    for entry in entries {
      Console.out("\(Date(timeIntervalSince1970: entry.at).ISO8601Format())  \(entry.what)")
    }
  }
}

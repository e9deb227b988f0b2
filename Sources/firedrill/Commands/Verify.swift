import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Grading
import Verification

/// `verify ID...`
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge a repair by its files alone, in a fresh lab: for CI.",
    discussion: """
      DIR is a lab's folder as `firedrill start` made it and somebody repaired it, or holds one for each ID. Its files \
      are deployed in a fresh lab, the fault is injected again, and the lab is graded and stopped. What was done to a \
      running lab only does not count: `firedrill export` writes settings and indexes down. Grader, scenario and load \
      come from the installation.
      Exit codes: 0 all passed, 1 one failed, 3 one was inconclusive and none failed.
      """)
  @Argument(help: "Scenarios.") var ids: [String] = []
  @Flag(help: "Every scenario that has a folder of its name in DIR.") var all = false
  @Option(name: .customLong("lab"), help: ArgumentHelp("The repaired files.", valueName: "dir")) var folder: String
  @Option(
    help: ArgumentHelp(
      "Services built from changed Swift code: the program `fleet`, or an image that has it.", valueName: "file|image"))
  var fleet: String?
  @Option(help: "What the nodes are: processes, or containers of Docker's.") var engine = EngineOption.process
  @Option(help: "The tier to be reached: mitigated, resolved or prevented.") var require = RequiredTier.resolved
  @Option(help: "Replay the grade of this seed; without it each grade draws its own.") var seed: UInt64?
  @Flag(help: "Say for each check what was expected and where the runbook helps.") var explain = false
  @Flag(help: "Print JSON.") var json = false
  @Option(help: ArgumentHelp("Write the JSON to a file too.", valueName: "file")) var verdicts: String?
  @Option(help: ArgumentHelp("Write JUnit XML too.", valueName: "file")) var junit: String?
  @Option(help: ArgumentHelp("Write a summary in Markdown too.", valueName: "file")) var summary: String?
  @Flag(help: "In GitHub Actions: annotations, and the summary on the job's page.") var github = false
  @Option(help: ArgumentHelp("Keep the evidence in DIR/ID.", valueName: "dir")) var evidence: String?
  @OptionGroup var output: OutputOptions

  func run() async throws {
    output.apply()
    let installation = try Installation.find()
    let chosen = try choose(installation)
    for (id, _) in chosen { if let kept = evidence(of: id) { try Self.requireEmpty(kept) } }
    try await Doctor.requireParts(for: engine.kind)
    RunDirectory.sweep()
    let program = try fleet.map(FleetProgram.find)
    defer { program?.remove() }
    // What is said until the annotations is no order, whatever stands in it.
    let token = "firedrill-\(UInt64.random(in: 0...UInt64.max))"
    if github { Console.order("::stop-commands::\(token)", amongResults: !json) }
    let grades: [ReportedGrade]
    do {
      defer { if github { Console.order("::\(token)::", amongResults: !json) } }
      grades = try await verify(chosen, installation, program)
      await EmergencyStop.yield()
      try report(grades)
    }
    if github { try annotate(grades) }
    let status = Self.status(of: grades.map(\.verdict.verdict))
    if status != ExitStatus.passed { throw ExitCode(status) }
  }

  private func verify(
    _ chosen: [(id: String, source: String)], _ installation: Installation, _ fleet: FleetProgram?
  ) async throws -> [ReportedGrade] {
    var grades: [ReportedGrade] = []
    for (id, source) in chosen {
      Console.note("\(id): from \(source)")
      let lab = VerifiedLab(
        scenario: id, source: source, installation: installation, engine: engine.kind, fleet: fleet,
        required: require.tier, seed: seed, evidence: evidence(of: id))
      do {
        grades.append(reported(try await lab.verify(), of: source))
      } catch  where chosen.count > 1 || (error as? EngineError)?.code == .failed {
        // The others' verdicts are worth having; and a pipeline reads reports, also of what the machine refused.
        grades.append(reported(lab.untried(error), of: source))
      }
    }
    return grades
  }

  private func reported(_ result: VerifiedLab.Result, of source: String) -> ReportedGrade {
    // Where a pipeline's step works elsewhere, GitHub still counts from the repository's root.
    let roots = [ProcessInfo.processInfo.environment["GITHUB_WORKSPACE"], FileManager.default.currentDirectoryPath]
      .compactMap(\.self)
    let evidence = result.verdict.evidence
    return ReportedGrade(
      result.verdict, required: require.tier, seconds: result.seconds,
      file: RepositoryPath.of("\(source)/compose.yaml", roots: roots),
      pictures: evidence.isEmpty ? nil : RepositoryPath.of(evidence, roots: roots), chart: result.chart)
  }

  /// Evidence is never written over, nor to where a link leads.
  private static func requireEmpty(_ folder: String) throws {
    var info = stat()
    guard lstat(folder, &info) == 0 else { return }
    let isFolder = info.st_mode & S_IFMT == S_IFDIR
    guard isFolder, try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty else {
      throw EngineError("\(folder) already holds evidence; choose another folder", code: .usage)
    }
  }

  private func evidence(of id: String) -> String? { evidence.map { "\(LabFolder(path: $0).path)/\(id)" } }

  // MARK: What is verified

  private func choose(_ installation: Installation) throws -> [(id: String, source: String)] {
    let base = LabFolder(path: folder).path
    guard FileManager.default.fileExists(atPath: base) else {
      throw EngineError("--lab: \(base) is not there", code: .usage)
    }
    func source(of id: String) -> String? {
      ["\(base)/\(id)", base].first { FileManager.default.fileExists(atPath: $0 + "/compose.yaml") }
    }
    guard all != !ids.isEmpty else { throw EngineError("name scenarios, or say --all", code: .usage) }
    var chosen: [(id: String, source: String)] = []
    let names =
      all ? installation.scenarios.filter { FileManager.default.fileExists(atPath: "\(base)/\($0)") } : ids
    for name in names {
      let id = try Start.known(name, installation)
      guard id != "base" else { throw EngineError("base has no failure to repair", code: .usage) }
      guard !chosen.contains(where: { $0.id == id }) else { continue }
      guard let source = source(of: id) else {
        throw EngineError("\(base) is no lab, and holds none of \(id): there is no compose.yaml", code: .usage)
      }
      chosen.append((id, source))
    }
    guard !chosen.isEmpty else {
      throw EngineError("\(base) has no folder with a scenario's name: \(installation.scenarios)", code: .usage)
    }
    return chosen
  }

  // MARK: What is said

  private func report(_ grades: [ReportedGrade]) throws {
    let document = Self.document(grades.map(\.verdict)).text
    if json {
      Console.out(document.replacing("##", with: "#\\u0023"))
    } else {
      for grade in grades {
        Console.out(Console.bold("\(grade.verdict.scenario)") + " (\(tenths(grade.seconds)) s)")
        Console.out(TextReport.text(grade.verdict, required: grade.required, explain: explain))
      }
    }
    if let path = self.verdicts { try write(document + "\n", to: path) }
    if let junit { try write(JUnitReport.xml(grades), to: junit) }
    if let summary { try write(MarkdownReport.text(grades), to: summary) }
  }

  private func annotate(_ grades: [ReportedGrade]) throws {
    for line in GitHubAnnotations.lines(grades) { Console.order(line, amongResults: !json) }
    if let page = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"] {
      try append(MarkdownReport.text(grades), to: page)
    }
  }

  private static func document(_ verdicts: [Verdict]) -> OrderedJSON {
    .object([
      ("schema", .integer(1)),
      ("verdict", .string(worst(verdicts.map(\.verdict)).rawValue)),
      ("verdicts", .array(verdicts.map(\.document))),
    ])
  }

  /// The worst in the order failed, inconclusive, passed.
  static func worst(_ values: [Verdict.Value]) -> Verdict.Value {
    [.failed, .inconclusive].first(where: values.contains) ?? .passed
  }

  static func status(of values: [Verdict.Value]) -> Int32 { Grade.status(of: worst(values)) }

  private func tenths(_ seconds: Double) -> String { seconds.formatted(.number.precision(.fractionLength(1))) }

  private func write(_ text: String, to path: String) throws {
    do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
      throw EngineError("cannot write \(path): \(error.localizedDescription)", code: .usage)
    }
  }

  private func append(_ text: String, to path: String) throws {
    guard let handle = FileHandle(forWritingAtPath: path) else { return try write(text, to: path) }
    defer { try? handle.close() }
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
  }
}

import ArgumentParser
import CPlatform
import Certification
import Controller
import DrillCore
import Engine
import Foundation
import Runbook
import Topology

/// `certify [ID...]`
struct Certify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove the grader: fresh labs, healthy, untouched, repaired, wrongly repaired and disturbed.",
    discussion: """
      Each cell of the matrix is a lab of its own, driven through this command line, and its grade must give what the
      cell expects. Results are kept in DIR as they come: an interrupted certification goes on where it stopped, and \
      what was done with other files or programs doesn't count. A wrong verdict stays until one of them changes, \
      whichever cells are asked for then; its evidence is in DIR/evidence.
      Exit codes: 0 no verdict was wrong and each cell has one, 1 a verdict was wrong, in this or in an earlier run \
      of the same files and programs, 3 a cell could not be run or its grade could not tell.
      """)
  @Argument(help: "Scenarios; all of them by default.") var ids: [String] = []
  @Option(name: .customLong("repeat"), help: "Runs of each cell, 1 to 1000.") var rounds = 1
  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "Where results are kept, of one engine (default: certification; certification-compose with --engine compose).",
      valueName: "dir"))
  var wantedOut: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Only these cells: nothing, healthy, diagnosis, prevention, a name, or a pattern such as 'decoy/*'.",
      valueName: "pattern"))
  var cells: [String] = []
  @Flag(help: "Only the cells whose verdict hangs on latency or lateness, as certify.yaml names them.")
  var timing = false
  @Option(
    help: ArgumentHelp("The commit that the programs were built from, for the record.", valueName: "commit"))
  var commit: String?
  @Option(help: "What the nodes are: processes, or containers of Docker's.")
  var engine = EngineOption.process
  @Flag(help: "Keep every processor busy meanwhile.") var busy = false
  @Option(
    help: """
      Labs at a time, at most. A lab is judged by its timing, so each has the processors to itself that its scenario's \
      certify.yaml asks for (two, where it says nothing), and 2 GB of free memory.
      """)
  var jobs: Int?
  @Option(
    help: """
      How often a cell is run again, 0 to 5, whose grade could not tell or whose lab did not start. Both are counted; \
      a wrong verdict is never asked again.
      """)
  var again = 1
  @Option(help: ArgumentHelp("A part that this commit's hash draws: what CI runs.", valueName: "commit"))
  var sample: String?
  @OptionGroup var output: OutputOptions

  private var out: String {
    wantedOut ?? (engine.kind == .process ? "certification" : "certification-\(engine.rawValue)")
  }

  func validate() throws {
    guard (1...1000).contains(rounds) else { throw ValidationError("--repeat: 1 to 1000, not \(rounds)") }
    guard (0...5).contains(again) else { throw ValidationError("--again: 0 to 5, not \(again)") }
    if let jobs, !(1...64).contains(jobs) { throw ValidationError("--jobs: 1 to 64, not \(jobs)") }
    if let sample {
      guard Plan.isCommit(sample) else {
        throw ValidationError("--sample: 7 to 64 hexadecimal digits, not \(sample)")
      }
      guard cells.isEmpty else { throw ValidationError("say --sample or --cells") }
    }
    guard !timing || (cells.isEmpty && sample == nil) else {
      throw ValidationError("say --timing, --cells or --sample")
    }
    if let commit, !Plan.isCommit(commit.hasSuffix("-dirty") ? String(commit.dropLast(6)) : commit) {
      throw ValidationError("--commit: 7 to 64 hexadecimal digits, and -dirty if need be, not \(commit)")
    }
  }

  func run() async throws {
    output.apply()
    let installation = try Installation.find()
    try await Doctor.requireParts(for: engine.kind)
    let subjects = try ids.isEmpty ? Self.subjects(installation.scenarios, installation) : Self.named(ids, installation)
    let chosen = try choose(subjects)
    let lock = try claim()
    defer { close(lock) }
    await Self.sweep(out: out, installation)
    let files = try Dictionary(
      uniqueKeysWithValues: subjects.map {
        ($0.scenario, try Fingerprint.files(of: $0.scenario, share: installation.share))
      })
    let programs = try Fingerprint.programs([installation.firedrill, installation.fleet], engine: engine.rawValue)
    let record = RecordFile(path: out + "/certification.jsonl")
    if let other = record.foreignEngine(to: engine.rawValue) {
      throw EngineError(
        "\(out) holds results of --engine \(other): keep those of --engine \(engine.rawValue) elsewhere, with --out",
        code: .usage)
    }
    let backlog = Backlog(
      runs: Plan.runs(chosen, rounds: rounds), files: files, programs: programs, busy: busy, records: record.read())
    let jobs = Self.jobs(jobs)
    let folder = try Self.makeFolder(out: out)
    let session = CertifySession(
      installation: installation, engine: engine, out: out, backlog: backlog, files: files, programs: programs,
      busy: busy, jobs: jobs,
      needs: Dictionary(uniqueKeysWithValues: subjects.map { ($0.scenario, $0.processors) }), again: again,
      folder: folder)
    Console.note(
      "\(backlog.runs.count) runs of \(chosen.count) cells, \(backlog.done) of them done already; "
        + "about \(CertifySession.time(await session.secondsLeft)), at most \(jobs) at a time")
    let wasInterrupted = try await carryOut(session)
    PrivateFolder.remove(folder)
    try? FileManager.default.removeItem(atPath: out + "/running")
    let summary = Summary(
      subjects: subjects, files: files, programs: programs, engine: engine.rawValue,
      build: Build(version: Release.version, commit: commit), images: images(), records: record.read())
    try write(summary)
    try await conclude(session.backlog, summary, wasInterrupted: wasInterrupted)
  }

  /// - Returns: whether an interrupt ended it early.
  private func carryOut(_ session: CertifySession) async throws -> Bool {
    let task = Task { try await session.run() }
    let interrupt = Interrupt {
      if !task.isCancelled { Console.note("\ninterrupted: stopping the labs") }
      task.cancel()
    }
    defer { interrupt.cancel() }
    try await task.value
    return task.isCancelled
  }

  private func conclude(_ backlog: Backlog, _ summary: Summary, wasInterrupted: Bool) throws {
    Console.out(
      "\(backlog.done) of \(backlog.runs.count) runs, \(backlog.wrong) wrong verdicts; see \(out)/certification.md")
    if wasInterrupted {
      Console.note("what is done is kept; the same command goes on there")
      throw ExitCode(ExitStatus.interrupted)
    }
    switch Conclusion(backlog, summary) {
    case .wrong:
      if summary.wrong > backlog.wrong {
        Console.note("\(summary.wrong) wrong verdicts are on record of these files and programs, all runs counted")
      }
      throw ExitCode(ExitStatus.failed)
    case .open: throw ExitCode(ExitStatus.inconclusive)
    case .clean: break
    }
    let open = summary.scenarios.filter { !$0.isCertified }.map(\.id)
    if open.isEmpty { Console.note("certified: \(summary.scenarios.map(\.id).joined(separator: ", "))") }
  }

  /// What the nodes were made from; nil where they are processes, and where the engine is gone after hours of labs: no
  /// reason to lose their summary.
  private func images() -> [Summary.Image]? {
    guard engine.kind == .compose else { return nil }
    return (try? ContainerImages.sizes())?.map { Summary.Image(name: $0.name, bytes: $0.bytes) }
  }

  private func write(_ summary: Summary) throws {
    for (name, text) in [("json", try summary.json()), ("md", summary.markdown)] {
      try text.write(toFile: "\(out)/certification.\(name)", atomically: true, encoding: .utf8)
    }
  }

  // MARK: What is certified

  private static func named(_ ids: [String], _ installation: Installation) throws -> [Subject] {
    let known = try ids.map { try Start.known($0, installation) }
    if known.contains("base") { throw EngineError("base has no failure to certify", code: .usage) }
    return try subjects(Set(known).sorted(), installation)
  }

  /// Reads the scenarios; everything that is wrong with any of them is said at once.
  private static func subjects(_ ids: [String], _ installation: Installation) throws -> [Subject] {
    var subjects: [Subject] = []
    var problems: [String] = []
    for id in ids {
      do {
        let subject = try Subject(scenario: id, share: installation.share)
        problems += subject.problems.map(\.description)
        subjects.append(subject)
      } catch let error as ProblemsError {
        problems.append(error.description)
      } catch let error as RunbookError {
        problems.append(error.description)
      } catch {
        problems.append("\(id): \(error)")
      }
    }
    guard problems.isEmpty else { throw EngineError(problems.joined(separator: "\n"), code: .usage) }
    return subjects
  }

  private func choose(_ subjects: [Subject]) throws -> [Cell] {
    if let sample { return subjects.flatMap { Plan.sample($0.cells, commit: sample) } }
    let all = subjects.flatMap(\.cells)
    if timing {
      let chosen = Plan.timing(all)
      guard chosen.isEmpty else { return chosen }
      throw EngineError("no certify.yaml of these names a cell under `timing`", code: .usage)
    }
    let (chosen, unknown) = Plan.select(all, cells)
    guard let first = unknown.first else { return chosen }
    let names = Set(all.flatMap { [$0.id, $0.name] }).sorted()
    throw EngineError("no cell is called \(first)\(Spelling.hint(for: first, among: names))", code: .usage)
  }

  // MARK: Places

  /// A processor and 2 GB for each lab at least, and one lab at least.
  private static func jobs(_ wanted: Int?) -> Int {
    let byMemory = max(1, MachineRoom.memory / (2 << 30))
    guard let wanted else { return min(byMemory, ProcessInfo.processInfo.activeProcessorCount) }
    if wanted > byMemory { Console.note("\(byMemory) labs at a time: there is no memory for \(wanted)") }
    return min(wanted, byMemory)
  }

  /// The folder of results, for this process alone.
  private func claim() throws -> Int32 {
    do { try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true) } catch {
      throw EngineError("cannot make \(out): \(error.localizedDescription)", code: .usage)
    }
    let lock = firedrill_lock_file(out + "/lock")
    guard lock >= 0 else {
      throw EngineError(
        lock == -1 ? "another certification writes to \(out)" : "cannot write to \(out)", code: .usage)
    }
    return lock
  }

  /// A folder that only we can enter; its name stands in DIR/running, should this process be killed.
  private static func makeFolder(out: String) throws -> String {
    let folder = try PrivateFolder.make("certify")
    try folder.write(toFile: out + "/running", atomically: true, encoding: .utf8)
    return folder
  }

  /// Ends the labs of a certification that was killed.
  private static func sweep(out: String, _ installation: Installation) async {
    guard let folder = try? String(contentsOfFile: out + "/running", encoding: .utf8),
      (folder as NSString).lastPathComponent.hasPrefix("firedrill-certify-")
    else { return }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let problem = await CertifyCell.stop(
        lab: "\(folder)/\(name)/lab", installation: installation, folder: "\(folder)/\(name)",
        environment: ProcessInfo.processInfo.environment)
      if let problem { Console.note(problem) }
    }
    try? FileManager.default.removeItem(atPath: folder)
  }
}

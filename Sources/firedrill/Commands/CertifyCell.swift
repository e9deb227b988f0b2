import Certification
import Controller
import DrillCore
import Engine
import Foundation

/// Carries out one cell: a fresh lab in a folder of its own, driven through the command line.
struct CertifyCell {
  let installation: Installation
  let engine: EngineOption
  /// A folder for this cell alone; removed by whoever made it.
  let folder: String
  /// Time-outs are this many times as long when the processors are kept busy.
  let patience: Int

  private var lab: String { folder + "/lab" }

  /// Where the grade leaves its evidence.
  var evidence: String { folder + "/evidence" }

  private var environment: [String: String] {
    var values = ProcessInfo.processInfo.environment
    values["FIREDRILL_LAB"] = lab
    values["PATH"] = installation.programs + ":" + (values["PATH"] ?? "/usr/bin:/bin")
    return values
  }

  /// The result and what was measured, with the lab stopped and removed whatever happened. A cancelled task gives
  /// `missing`.
  func run(_ run: Run) async -> (result: CellResult, figures: CellFigures) {
    var figures = CellFigures()
    let result: CellResult
    do {
      result = try await attempt(run, &figures)
    } catch {
      result = CellResult(.missing, "\(error)")
    }
    let stopped = await Self.stop(lab: lab, installation: installation, folder: folder, environment: environment)
    if let stopped, result.outcome != .missing { return (CellResult(.missing, stopped), figures) }
    return (result, figures)
  }

  private func attempt(_ run: Run, _ figures: inout CellFigures) async throws -> CellResult {
    let cell = run.cell
    // That the symptom shows is seen where nothing is done about it; the grade is the same without.
    let seen = [.nothing, .diagnosis].contains(cell.kind) ? [] : ["--unseen"]
    let order = ["start", cell.scenario, "--engine", engine.rawValue, "--seed", "\(run.labSeed)", "-q"]
    let started = try await command(order + seen, "start", 120)
    guard started.status == 0 else { return missing("the start", started) }
    let baseline = Baseline.of(LabFolder(path: lab))
    figures.healthy = baseline?.healthySeconds
    figures.memory = baseline?.memoryBytes
    if cell.kind == .diagnosis { return Judge.judge(try await looks(cell)) }
    for (index, preparation) in cell.preparations.enumerated() {
      let (words, what) = Self.words(preparation)
      let done = try await command(words, "prepare-\(index)", 240)
      guard done.status == 0 else { return missing(what, done) }
    }
    if cell.kind == .files, let problem = try await leaveFilesOnly(of: cell) { return problem }
    let begun = ContinuousClock.now
    let grade = try launch(
      (cell.kind == .files ? ["verify", cell.scenario, "--engine", engine.rawValue, "--lab", lab] : ["grade"])
        + ["--json", "--require", cell.required.rawValue, "--evidence", evidence], "grade")
    if let trouble = cell.trouble, let problem = try await cause(trouble, during: grade) {
      grade.signal(SIGINT)
      _ = await grade.wait(.seconds(20))
      return CellResult(.missing, problem)
    }
    let graded = await grade.wait(.seconds(300 * patience))
    guard !graded.timedOut, !Task.isCancelled else { return missing("the grade", graded) }
    figures.graded = (ContinuousClock.now - begun) / .seconds(1)
    return Judge.judge(cell.expectation, status: graded.status, output: graded.out, errors: graded.errors)
  }

  /// Takes every look of the diagnosis, also after one that failed: all problems are said at once.
  private func looks(_ cell: Cell) async throws -> [Judge.Look] {
    var looks: [Judge.Look] = []
    for case .runbook(let name) in cell.preparations {
      let done = try await command(["runbook", "--run", name], "look-\(name)", 60)
      looks.append(
        Judge.Look(name: name, status: done.timedOut ? nil : done.status, output: done.out, errors: done.errors))
    }
    return looks
  }

  /// Writes down what was done to running servers, and ends the lab.
  private func leaveFilesOnly(of cell: Cell) async throws -> CellResult? {
    // Where nothing was done nothing has to be written down; a broken server may let nobody in for it either.
    for words in (cell.preparations.isEmpty ? [] : [["export", "-q"]]) + [["stop", "-q"]] {
      let done = try await command(words, words[0], 120)
      guard done.status == 0 else { return missing(words[0], done) }
    }
    return nil
  }

  private static func words(_ preparation: Cell.Preparation) -> (words: [String], what: String) {
    switch preparation {
    case .script(let path): (["shell", "--", path], (path as NSString).lastPathComponent)
    case .runbook(let name): (["runbook", "--run", name], "the runbook's \(name)")
    }
  }

  private func missing(_ what: String, _ result: CertifyChild.Result) -> CellResult {
    if Task.isCancelled { return CellResult(.missing, "interrupted") }
    let words = (result.errors + "\n" + result.out).split(whereSeparator: \.isNewline).suffix(3)
    let ended = result.timedOut ? "did not end in time" : "ended with \(result.status)"
    return CellResult(.missing, "\(what) \(ended): \(words.joined(separator: "; "))")
  }

  // MARK: Trouble

  /// - Returns: why the trouble could not be caused; nil when it was.
  private func cause(_ trouble: Cell.Trouble, during grade: CertifyChild) async throws -> String? {
    let limit = Duration.seconds(120 * patience)
    switch trouble {
    case .controllerKilled, .controllerFrozen, .probesCutOff:
      let length = await grade.awaitLine(within: limit) { GradeLine.window($0) }
      guard let length else { return "the grade never came to a window" }
      if case .probesCutOff = trouble { return try await cutOffProbes() }
      guard let controller else { return "the lab's controller was not found" }
      // Some load goes out in time: what follows is trouble in the middle of a window.
      try await Task.sleep(for: .seconds(length / 4))
      if case .controllerKilled = trouble {
        kill(controller, SIGKILL)
        return nil
      }
      kill(controller, SIGSTOP)
      defer { kill(controller, SIGCONT) }
      try await Task.sleep(for: .seconds(length / 2))
    case .prometheusStopped(let trial):
      let begun = await grade.awaitLine(within: limit) { GradeLine.begins($0, trial: trial) ? true : nil }
      guard begun != nil else { return "the grade never came to the trial \(trial)" }
      let done = try await command(["stop-node", "prometheus", "-q"], "trouble", 60)
      guard done.status == 0 else { return "Prometheus was not stopped: \(done.errors)" }
    }
    return nil
  }

  /// The judge asks the servers as their superuser, with a password that is not theirs any more.
  private func cutOffProbes() async throws -> String? {
    var troubles: [String] = []
    let servers = ["postgres", "inventory-db"]
    for server in servers {
      let sql = "ALTER ROLE postgres PASSWORD 'another'"
      let done = try await command(["psql", server, "-q", "--", "-qc", sql], "trouble-\(server)", 60)
      if done.status != 0 { troubles.append(done.errors) }
    }
    // A lab has one of them or both.
    return troubles.count == servers.count ? "no server was closed to the judge: \(troubles.joined())" : nil
  }

  /// The process `firedrill controller LAB` of this very lab, whose folder nobody else has.
  private var controller: Int32? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.first { pid in
      guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
      let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.dropFirst() == ["controller", lab]
    }
  }

  // MARK: Commands

  private func launch(_ words: [String], _ name: String) throws -> CertifyChild {
    try CertifyChild(installation.firedrill, words, environment: environment, folder: folder, name: name)
  }

  private func command(_ words: [String], _ name: String, _ seconds: Int) async throws -> CertifyChild.Result {
    try Task.checkCancellation()
    let result = try await launch(words, name).wait(.seconds(seconds * patience))
    try Task.checkCancellation()
    return result
  }

  /// Ends the lab in a folder and removes it, also in a cancelled task.
  ///
  /// - Returns: why that failed; nil when nothing is left, or nothing was there.
  static func stop(
    lab: String, installation: Installation, folder: String, environment: [String: String]
  ) async -> String? {
    guard FileManager.default.fileExists(atPath: lab + "/.firedrill/lab.json") else { return nil }
    return await Task {
      do {
        let child = try CertifyChild(
          installation.firedrill, ["stop", "--purge", "--lab", lab], environment: environment, folder: folder,
          name: "stop")
        let result = await child.wait(.seconds(90))
        return result.status == 0 ? nil : "the lab was not stopped: \(result.errors)"
      } catch {
        return "the lab was not stopped: \(error)"
      }
    }.value
  }
}

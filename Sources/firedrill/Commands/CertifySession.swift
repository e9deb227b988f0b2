import CPlatform
import Certification
import Engine
import Foundation

/// A certification under way: hands out runs to jobs, keeps results as they come, shows how far it is.
actor CertifySession {
  private let installation: Installation
  private let engine: EngineOption
  private let out: String
  private let record: RecordFile
  private let files: [String: String]
  private let programs: String
  private let busy: Bool
  private let jobs: Int
  private let again: Int
  private let folder: String
  private(set) var backlog: Backlog
  private var queue: RunQueue
  /// Jobs that wait for room.
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var active: [String: ContinuousClock.Instant] = [:]
  private var failure: (any Error)?

  init(
    installation: Installation, engine: EngineOption, out: String, backlog: Backlog, files: [String: String],
    programs: String, busy: Bool, jobs: Int, needs: [String: Int], again: Int, folder: String
  ) {
    self.installation = installation
    self.engine = engine
    self.out = out
    record = RecordFile(path: out + "/certification.jsonl")
    self.files = files
    self.programs = programs
    self.busy = busy
    self.jobs = jobs
    self.again = again
    self.folder = folder
    self.backlog = backlog
    queue = RunQueue(
      backlog.pending, processors: ProcessInfo.processInfo.activeProcessorCount, needs: needs)
  }

  private static let showsLine = Console.errorIsTerminal

  /// Carries out what is pending; ends early when the task is cancelled.
  func run() async throws {
    let spinners = busy ? try Spinners() : nil
    defer { spinners?.stop() }
    await withTaskGroup(of: Void.self) { group in
      for job in 0..<jobs { group.addTask { await self.work(job) } }
      let ticker = Task { await tick() }
      await group.waitForAll()
      ticker.cancel()
    }
    clearLine()
    if let failure { throw failure }
  }

  private func work(_ job: Int) async {
    while let run = await next() {
      let name = "\(run.cell.scenario) \(run.cell.id)"
      active[name] = .now
      defer {
        active[name] = nil
        queue.end(run)
        for job in waiting { job.resume() }
        waiting = []
      }
      do {
        for _ in 0...again { if try await isTold(run, place: "\(folder)/\(job)") { break } }
      } catch {
        failure = error
      }
    }
  }

  /// The next run, once there is room for one; nil when there is none to begin any more.
  private func next() async -> Run? {
    while !Task.isCancelled, failure == nil, !queue.isEmpty {
      if let run = queue.next() { return run }
      await withCheckedContinuation { waiting.append($0) }
    }
    return nil
  }

  /// - Returns: whether the run need not be asked again.
  private func isTold(_ run: Run, place: String) async throws -> Bool {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    let cell = CertifyCell(installation: installation, engine: engine, folder: place, patience: busy ? 3 : 1)
    let begun = ContinuousClock.now
    let (result, figures) = await cell.run(run)
    if Task.isCancelled, result.outcome != .right { return true }
    try keep(run, result, figures, seconds: (ContinuousClock.now - begun) / .seconds(1), place: place)
    return !result.outcome.saysNothing
  }

  private func keep(
    _ run: Run, _ result: CellResult, _ figures: CellFigures, seconds: Double, place: String
  ) throws {
    let cell = run.cell
    let line = CellRecord(
      scenario: cell.scenario, cell: cell.id, round: run.round, busy: busy, files: files[cell.scenario] ?? "",
      programs: programs, engine: engine.rawValue, result: result, figures: figures, seconds: seconds,
      at: Date().timeIntervalSince1970)
    try record.append(line)
    backlog.add(line)
    if result.outcome != .right {
      let name = "\(cell.scenario).\(cell.id.replacingOccurrences(of: "/", with: "."))-\(run.round)"
      let target = "\(out)/evidence/\(name)\(busy ? "-busy" : "")"
      try? FileManager.default.createDirectory(atPath: "\(out)/evidence", withIntermediateDirectories: true)
      try? FileManager.default.removeItem(atPath: target)
      try? FileManager.default.copyItem(atPath: place, toPath: target)
    }
    clearLine()
    Console.note(Self.words(line, number: backlog.done, of: backlog.runs.count))
    show()
  }

  private static func words(_ line: CellRecord, number: Int, of all: Int) -> String {
    let words =
      switch line.outcome {
      case .right: "ok     "
      case .wrong: "WRONG  "
      case .undecided: "no word"
      case .missing: "not run"
      }
    let detail = line.detail.isEmpty ? "" : "\n        \(line.detail)"
    let round = line.round > 1 ? " #\(line.round)" : ""
    return
      "\(words) [\(number)/\(all)] \(line.scenario) \(line.cell)\(round) (\(Int(line.seconds.rounded())) s)\(detail)"
  }

  /// Seconds that the runs which are not done will take.
  var secondsLeft: Double { backlog.secondsLeft { queue.share(of: $0, jobs: jobs) } }

  // MARK: The line

  private var isLive: Bool { Self.showsLine && !Console.isPlain && !Console.isQuiet }

  private func tick() async {
    while !Task.isCancelled {
      show()
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func show() {
    guard isLive, !active.isEmpty else { return }
    let now = ContinuousClock.now
    let under = active.sorted { $0.key < $1.key }.map {
      "\($0.key) \(Int(($0.value.duration(to: now)) / .seconds(1))) s"
    }
    let begun = active.values.map { $0.duration(to: now) / .seconds(1) }.reduce(0, +) / Double(jobs)
    let left = max(0, secondsLeft - begun)
    let line =
      "[\(backlog.done)/\(backlog.runs.count)] \(under.joined(separator: ", ")); \(backlog.wrong) wrong; "
      + "about \(Self.time(left)) left"
    FileHandle.standardError.say("\r\u{1B}[K\(line.prefix(150))")
  }

  private func clearLine() {
    if isLive { FileHandle.standardError.say("\r\u{1B}[K") }
  }

  static func time(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
  }
}

import Controller
import DrillCore
import Engine
import Foundation
import Grading
import Synchronization
import Topology
import Verification

/// A fresh lab in which somebody's files are judged, in a folder that is gone afterwards.
struct VerifiedLab {
  struct Result: Sendable {
    var verdict: Verdict
    /// From the start of the lab to its end.
    var seconds = 0.0
    /// How the users fared; empty without a grade.
    var chart = ""
  }

  let scenario: String
  let source: String
  let installation: Installation
  let engine: EngineKind
  /// The services' program; nil: the installation's.
  let fleet: FleetProgram?
  let required: Tier
  let seed: UInt64?
  /// Where the evidence is kept; nil: nowhere.
  let evidence: String?

  /// - Throws: what only a caller can mend: wrong usage, an evidence folder that is not free, an interrupt.
  func verify() async throws -> Result {
    let begun = ContinuousClock.now
    var result = try await judge()
    result.seconds = (ContinuousClock.now - begun) / .seconds(1)
    return result
  }

  /// For a lab that could not be tried at all.
  func untried(_ error: any Error) -> Result {
    said(.inconclusive(.notTried, "\(error)", expected: "a lab that is tried"))
  }

  private func judge() async throws -> Result {
    let files: LabIntake
    do { files = try LabIntake(folder: source) } catch let refused as LabIntake.Refused {
      return said(.violated("files_refused", refused.description, expected: "plain files of a lab's own"))
    }
    let temporary = try PrivateFolder.make("verify")
    let early = Interrupt { EmergencyStop.begin(nil) }
    defer {
      PrivateFolder.remove(temporary)
      early.cancel()
    }
    let launch = Launch(folder: LabFolder(path: temporary + "/lab"), installation: installation)
    try launch.make(scenario, engine: engine)
    try EmergencyStop.whole { try fleet?.put(into: launch.folder) }
    let run = RunDirectory(labID: try launch.folder.requireState().id)
    let interrupt = Interrupt { EmergencyStop.begin(run) }
    defer { interrupt.cancel() }
    var result = try await judge(files, launch, run, evidence: evidence ?? temporary + "/evidence")
    await EmergencyStop.yield()
    await LabEnd.end(run)
    if let words = result.verdict.notHealthy, let trouble = try await troubleOfStockLab(in: temporary) {
      result = said(
        .inconclusive(
          .notTried, "no lab gets healthy here, not even an untouched one: \(trouble); of these files: \(words)"))
    }
    return result
  }

  private func judge(
    _ files: LabIntake, _ launch: Launch, _ run: RunDirectory, evidence: String
  ) async throws -> Result {
    let expected = "files of which a healthy lab comes"
    do {
      try EmergencyStop.whole {
        try files.lay(over: launch.folder)
        try launch.folder.makeSecrets()
      }
      return try await withinBounds(launch.folder, run) {
        try await launch.up(unseen: true, isHandedIn: true)
        return try await grade(launch.folder, evidence: evidence)
      }
    } catch let excess as LabBounds.Excess {
      let bounds = "a lab within the bounds"
      return excess.isCertain
        ? said(.violated(excess.reason, excess.description, expected: bounds))
        : said(.inconclusive(.notTried, excess.description, expected: bounds))
    } catch let problems as ProblemsError {
      return said(.violated("not_deployed", problems.description, expected: expected))
    } catch let failure as Wire.Failure where failure.code == ExitStatus.usage {
      return said(.violated("not_deployed", failure.message, expected: expected))
    } catch let failure as Wire.Failure where failure.code == ExitStatus.failed {
      return said(.violated("not_healthy", failure.message, expected: expected))
    } catch {
      return said(.inconclusive(.notTried, "\(error)", expected: expected))
    }
  }

  /// Why this machine can't run an untouched lab now, if it can't: files whose lab does not get healthy may be right.
  private func troubleOfStockLab(in folder: String) async throws -> String? {
    Console.note("the lab did not get healthy: trying an untouched one")
    let launch = Launch(folder: LabFolder(path: folder + "/untouched"), installation: installation)
    try launch.make(scenario, engine: engine)
    let run = RunDirectory(labID: try launch.folder.requireState().id)
    let interrupt = Interrupt { EmergencyStop.begin(run) }
    defer { interrupt.cancel() }
    var trouble: String?
    do { try await launch.up(unseen: true) } catch let failure as Wire.Failure { trouble = failure.message } catch {
      trouble = "\(error)"
    }
    await LabEnd.end(run)
    return trouble
  }

  /// A verdict without a grade.
  private func said(_ finding: Finding) -> Result {
    Result(
      verdict: Verdict(
        scenario: scenario, seed: seed ?? 0, engine: engine.rawValue, required: required,
        checks: [CheckResult(id: Self.check, tier: .mitigated, finding: finding, runbook: "")], load: .init(),
        evidence: ""))
  }

  /// Several times what a start and the longest grade take.
  private static let longest = Duration.seconds(600)

  /// The name of what `verify` itself finds, beside the scenario's checks.
  private static let check = "lab-is-deployed"

  private func withinBounds(
    _ folder: LabFolder, _ run: RunDirectory, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await LabBounds().watch(run, lab: folder)
        return nil
      }
      group.addTask {
        try await Task.sleep(for: Self.longest)
        throw EngineError("the lab was not judged within \(Self.longest)")
      }
      defer { group.cancelAll() }
      while let result = try await group.next() { if let result { return result } }
      throw CancellationError()
    }
  }

  // MARK: Steps

  private func grade(_ folder: LabFolder, evidence: String) async throws -> Result {
    let order = Wire.Grade(seed: seed, evidence: evidence, required: required)
    let controller = try await ControllerClient.connect(to: folder)
    _ = try await controller.perform("grade", order, timeout: .seconds(300)) {
      Console.note(HarmlessText.within($0))
    }
    var (verdict, history) = try regraded(evidence)
    guard verdict.scenario == scenario else {
      throw EngineError("the evidence is of \(verdict.scenario), not of \(scenario)")
    }
    if self.evidence == nil { verdict.evidence = "" }
    return Result(verdict: verdict, chart: GradeChart.text(history))
  }
}

extension Verdict {
  /// What was seen, where it was given because no healthy lab came of the files.
  fileprivate var notHealthy: String? {
    checks.first.flatMap { $0.finding.reason == "not_healthy" ? $0.finding.observed : nil }
  }
}

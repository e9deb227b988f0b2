import ArgumentParser
import Controller
import DrillCore
import Engine
import Foundation
import Runbook
import Synchronization

/// `demo`
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The guided main job: break, fail the grade, follow the runbook, pass the grade, stop.")

  @OptionGroup var output: OutputOptions
  @Option(help: ArgumentHelp("Keep the lab in this folder.", valueName: "dir")) var lab: String?

  private static let scenario = "one-bad-instance"
  /// What is offered afterwards: this one's answer is known then.
  private static let next = "stale-reads"
  /// The runbook's repairs that are shown: the band-aid, then the cure.
  private static let fixes = ["raise-the-cap", "pgbouncer"]

  func run() async throws {
    output.apply()
    let installation = try Installation.find()
    try await Doctor.requireParts()
    RunDirectory.sweep()
    let temporary = try lab == nil ? PrivateFolder.make("demo") : nil
    let early = Interrupt { EmergencyStop.begin(nil) }
    defer {
      if let temporary { PrivateFolder.remove(temporary) }
      early.cancel()
    }
    let folder = LabFolder(path: lab ?? (temporary ?? "") + "/lab")
    let begun = ContinuousClock.now
    let start = try Start.parse([Self.scenario, "--lab", folder.path])
    step("firedrill start \(Self.scenario)")
    try await start.run()
    let started = ContinuousClock.now - begun
    do {
      try await practise(folder, installation, started: started)
    } catch {
      try? await GuardianClient.connect(RunDirectory(labID: folder.requireState().id)).shutdown()
      throw error
    }
    Console.note(
      "\nThe whole round took \(seconds(ContinuousClock.now - begun)). "
        + "Now you: `\(ProgramName.shown) start \(Self.next)`")
  }

  private func practise(_ folder: LabFolder, _ installation: Installation, started: Duration) async throws {
    let interrupt = Interrupt { [run = RunDirectory(labID: try folder.requireState().id)] in EmergencyStop.begin(run) }
    defer { interrupt.cancel() }
    let baseline = Baseline.of(folder)
    step("firedrill grade")
    let before = try await grade(folder)
    let runbook = try Runbook.parse(
      String(contentsOfFile: installation.runbook(Self.scenario), encoding: .utf8), file: "Runbooks/\(Self.scenario).md"
    )
    for name in Self.fixes {
      guard let fix = runbook.fix(name) else { throw EngineError("the runbook has no fix \(name)") }
      step("firedrill runbook --run \(name)")
      Console.out(fix.text.trimmingCharacters(in: .newlines))
      let status = try await FenceRunner(folder: folder, installation: installation).run(fix.text, echo: true)
      guard status == 0 else { throw EngineError("the runbook's fix \(name) ended with \(status)") }
    }
    step("firedrill grade")
    let after = try await grade(folder)
    let memory = try await Baseline.measure(ControllerClient.connect(to: folder).status().nodes)
    step("firedrill stop")
    try await GuardianClient.connect(RunDirectory(labID: folder.requireState().id)).shutdown()
    Console.note("")
    Console.out(
      Console.table([
        ["start to symptom shown", seconds(started), "limit 6 s"],
        ["memory (PSS), healthy lab of 100 instances", "\((baseline?.memoryBytes ?? 0) >> 20) MB", "limit 900 MB"],
        ["memory (PSS), repaired lab of 101 instances", "\(memory.memoryBytes >> 20) MB", "limit 900 MB"],
        ["grade, failed", seconds(before.took), "limit 40 s"],
        ["grade, passed", seconds(after.took), "limit 40 s"],
      ]))
    guard before.status == ExitStatus.failed, after.status == ExitStatus.passed else {
      throw EngineError("the demo expected exit codes 1 and 0, and got \(before.status) and \(after.status)")
    }
  }

  private func grade(_ folder: LabFolder) async throws -> (status: Int32, took: Duration) {
    let begun = ContinuousClock.now
    let grade = try Grade.parse(["--lab", folder.path])
    let status = try await grade.perform()
    Console.out("exit code \(status)")
    return (status, ContinuousClock.now - begun)
  }

  private func step(_ command: String) { Console.out("\n" + Console.bold("$ \(command)")) }

  private func seconds(_ duration: Duration) -> String {
    (duration / .seconds(1)).formatted(.number.precision(.fractionLength(1))) + " s"
  }
}

import ArgumentParser
import Controller
import Engine
import Foundation

/// `stop`
struct Stop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End the lab: every process, socket and mount. The folder stays.")

  @OptionGroup var lab: LabOptions
  @Flag(help: "Remove the lab's folder too.") var purge = false

  func run() async throws {
    let folder = lab.folder
    let state = try folder.requireState()
    let run = RunDirectory(labID: state.id)
    if run.isAlive {
      try await GuardianClient.connect(run).shutdown()
      Console.note("the lab is stopped")
    } else {
      Console.note("the lab does not run")
    }
    RunDirectory.sweep()
    if let socket = run.dockerSocket {
      throw EngineError("not all containers could be removed: does Docker answer at \(socket)? Then stop again")
    }
    let evidence = BlindEvidence(labID: state.id)
    guard purge else {
      if !evidence.grades.isEmpty {
        Console.note("the evidence of its grades comes with the answer: `firedrill runbook --reveal`")
      }
      return
    }
    try evidence.remove()
    try FileManager.default.removeItem(atPath: folder.path)
    Console.note("\(folder.path) is removed")
  }
}

import Engine
import Foundation

/// Runs a runbook's commands as a trainee would: by bash in the lab's folder, where the lab's names resolve.
struct FenceRunner {
  let folder: LabFolder
  let installation: Installation

  /// The exit status; output goes to standard output as it comes when `echo`.
  func run(_ script: String, echo: Bool, timeout: Duration = .seconds(120)) async throws -> Int32 {
    let command = OperatorCommand(
      lab: folder, run: RunDirectory(labID: try folder.requireState().id), installation: installation)
    let show: @Sendable (String) -> Void = { FileHandle.standardOutput.say($0) }
    let result = try await command.run(
      ["bash", "-euo", "pipefail", "-c", script], timeout: timeout, onOutput: echo ? show : nil)
    return result.status
  }
}

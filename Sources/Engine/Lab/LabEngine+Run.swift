import Foundation

/// Commands of the operator's: on this machine, in the lab folder, with the lab's names.
extension LabEngine {
  /// See `Engine`.
  public nonisolated func run(
    _ command: [String], environment: [String: String], input: String?, timeout: Duration
  ) async throws -> CommandResult {
    try await OperatorCommand(lab: lab, run: run, installation: installation)
      .run(command, environment: environment, input: input, timeout: timeout)
  }
}

/// How a command is run where the lab's names resolve.
public struct OperatorCommand: Sendable {
  let lab: LabFolder
  let run: RunDirectory
  let installation: Installation

  /// For the lab in a folder.
  public init(lab: LabFolder, run: RunDirectory, installation: Installation) {
    self.lab = lab
    self.run = run
    self.installation = installation
  }

  /// The command line: our own program enters a mount namespace with the lab's /etc/hosts, then becomes the command.
  public func line(_ command: [String]) -> [String] {
    [installation.firedrill, "enter-lab", run.hostsFile, "--"] + command
  }

  /// What such a command finds in its environment besides the caller's: `FIREDRILL_LAB`, and the programs on its path.
  public var environment: [String: String] {
    var values = ProcessInfo.processInfo.environment
    let inherited = values["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    values["PATH"] = "\(installation.programs):\(inherited)"
    values["FIREDRILL_LAB"] = lab.path
    values["PGPASSFILE"] = lab.stateFolder + "/pgpass"
    return values
  }

  /// Runs it to its end.
  public func run(
    _ command: [String], environment extra: [String: String] = [:], input: String? = nil, timeout: Duration,
    onOutput: (@Sendable (String) -> Void)? = nil
  ) async throws -> CommandResult {
    try await CommandRunner.run(
      line(command), environment: environment.merging(extra) { _, new in new }, directory: lab.path, input: input,
      timeout: timeout, onOutput: onOutput)
  }
}

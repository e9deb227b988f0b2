import Foundation
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// Runs a program to its end, with a bound on its time and on what is kept of its output.
public enum CommandRunner {
  private static let outputLimit = 64 * 1024

  /// Runs a command in a folder; `environment` nil inherits ours. Status 124 is a time-out, as with timeout(1).
  ///
  /// `onOutput` gets the output as it comes.
  public static func run(
    _ command: [String], environment: [String: String]? = nil, directory: String? = nil, input: String? = nil,
    timeout: Duration, onOutput: (@Sendable (String) -> Void)? = nil
  ) async throws -> CommandResult {
    guard !command.isEmpty else { throw EngineError("an empty command", code: .usage) }
    let seconds = max(0.1, timeout / .seconds(1))
    let keys = environment.map { pairs in
      Environment.custom(Dictionary(uniqueKeysWithValues: pairs.map { (Environment.Key(stringLiteral: $0), $1) }))
    }
    let result = try await Subprocess.run(
      .path("/usr/bin/timeout"), arguments: Arguments(["--kill-after=2", "\(seconds)"] + command),
      environment: keys ?? .inherit, workingDirectory: directory.map { FilePath($0) },
      input: .string(input ?? ""), output: .sequence, error: .combinedWithOutput
    ) { execution in
      var text = ""
      for try await chunk in execution.standardOutput {
        // A character cut in two at a chunk's end becomes a replacement mark: this is for people to read.
        let piece = chunk.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        onOutput?(piece)
        if text.utf8.count < outputLimit { text += piece }
      }
      return text
    }
    let status: Int32
    switch result.terminationStatus {
    case .exited(let code): status = code
    case .signaled(let signal): status = 128 + signal
    }
    return CommandResult(status: status, output: result.closureResult)
  }
}

/// Runs commands inside a node: in its namespaces, with its user and environment.
public enum NodeCommand {
  /// The command line that runs `command` inside the node whose first process is `pid`.
  public static func line(_ command: [String], inNode pid: Int32) -> [String] {
    var line = ["/usr/bin/nsenter", "-t", "\(pid)", "-m", "-u", "-i", "-p"]
    if getuid() == 0 {
      if let (uid, gid) = ids(of: pid) { line += ["-S", "\(uid)", "-G", "\(gid)"] }
    } else {
      line += ["-U", "--preserve-credentials"]
    }
    return line + ["--", "/usr/bin/env", "-C", "/lab", "-i"] + environment(of: pid) + command
  }

  /// True when the command ends with 0 in time.
  static func run(_ command: [String], inNode pid: Int32, timeout: Duration) async -> Bool {
    let result = try? await CommandRunner.run(line(command, inNode: pid), timeout: timeout)
    return result?.status == 0
  }

  private static func environment(of pid: Int32) -> [String] {
    let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func ids(of pid: Int32) -> (UInt32, UInt32)? {
    var info = stat()
    return stat("/proc/\(pid)", &info) == 0 ? (info.st_uid, info.st_gid) : nil
  }
}

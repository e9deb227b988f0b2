import Foundation
import Subprocess
import Synchronization

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// Runs a program to its end, with a bound on its time and on what is kept of its output.
public enum CommandRunner {
  /// What is kept of the output, in bytes.
  private static let outputLimit = 64 * 1024
  /// What a command may write, in bytes: nobody reads so much, and a disk is full one day.
  private static let mostOutput = 64 << 20

  /// Runs a command in a folder; `environment` nil inherits ours. Status 124 is a time-out, as with timeout(1).
  ///
  /// `onOutput` gets the output as it comes. A cancelled command is told to end, and killed where it doesn't.
  ///
  /// - Throws: `EngineError` for a command that can't be started and for one that writes without end.
  public static func run(
    _ command: [String], environment: [String: String]? = nil, directory: String? = nil, input: String? = nil,
    timeout: Duration, onOutput: (@Sendable (String) -> Void)? = nil
  ) async throws -> CommandResult {
    guard !command.isEmpty else { throw EngineError("an empty command", code: .usage) }
    let seconds = max(0.1, timeout / .seconds(1))
    let keys = environment.map { pairs in
      Environment.custom(Dictionary(uniqueKeysWithValues: pairs.map { (Environment.Key(stringLiteral: $0), $1) }))
    }
    let transcript = try Transcript()
    let file = FileDescriptor(rawValue: transcript.file)
    var options = PlatformOptions()
    // timeout(1) hands a TERM on to the command; a KILL would leave the command behind.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(4))]
    let process = Task { [options] in
      try await Subprocess.run(
        .path("/usr/bin/timeout"), arguments: Arguments(["--kill-after=2", "\(seconds)"] + command),
        environment: keys ?? .inherit, workingDirectory: directory.map { FilePath($0) }, platformOptions: options,
        // `combinedWithOutput` leaves a copy of a file open that is not to be closed (swift-subprocess 1.0.2).
        input: .string(input ?? ""), output: .fileDescriptor(file, closeAfterSpawningProcess: false),
        error: .fileDescriptor(file, closeAfterSpawningProcess: false)
      ).terminationStatus
    }
    let watch = Task {
      while !Task.isCancelled {
        onOutput?(transcript.news())
        if transcript.size > mostOutput { process.cancel() }
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
    defer { watch.cancel() }
    let end = try await withTaskCancellationHandler {
      try await process.value
    } onCancel: {
      process.cancel()
    }
    watch.cancel()
    await watch.value
    guard transcript.size <= mostOutput else {
      throw EngineError("\(command[0]) was ended: it wrote more than \(mostOutput >> 20) MB", code: .failed)
    }
    onOutput?(transcript.news())
    let status: Int32
    switch end {
    case .exited(let code): status = code
    case .signaled(let signal): status = 128 + signal
    }
    return CommandResult(status: status, output: transcript.text(limit: outputLimit))
  }
}

extension CommandRunner {
  /// True when the command ends with 0 in time; what it prints is lost. `added` comes to our environment.
  static func succeeds(_ command: [String], adding added: [String: String], timeout: Duration) async -> Bool {
    let seconds = max(0.1, timeout / .seconds(1))
    let all = ProcessInfo.processInfo.environment.merging(added) { _, new in new }
    let environment = Dictionary(uniqueKeysWithValues: all.map { (Environment.Key(stringLiteral: $0), $1) })
    let result = try? await Subprocess.run(
      .path("/usr/bin/timeout"), arguments: Arguments(["--kill-after=2", "\(seconds)"] + command),
      environment: .custom(environment), input: .none, output: .discarded, error: .discarded)
    return result?.terminationStatus == .exited(0)
  }
}

/// The output of a command in a file without a name.
///
/// No pipe: a child that the command leaves in the background would keep a pipe open for ever, and its reader waiting.
private final class Transcript: Sendable {
  let file: Int32
  private let shown = Mutex(0)

  init() throws {
    var path = Array((NSTemporaryDirectory() + "firedrill-XXXXXX").utf8CString)
    file = mkstemp(&path)
    guard file >= 0 else { throw EngineError.system("cannot make a temporary file") }
    unlink(path)
    // Both streams append, whoever writes first.
    guard fcntl(file, F_SETFL, O_APPEND) == 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else {
      throw EngineError.system("fcntl")
    }
  }

  deinit { close(file) }

  /// What has come since the last call. A character that is cut in two becomes a replacement mark.
  func news() -> String {
    shown.withLock { offset in
      let text = read(from: offset, limit: .max)
      offset += text.count
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Bytes.
  var size: Int {
    var info = stat()
    return fstat(file, &info) == 0 ? Int(info.st_size) : 0
  }

  func text(limit: Int) -> String { String(decoding: read(from: 0, limit: limit), as: UTF8.self) }

  private func read(from start: Int, limit: Int) -> [UInt8] {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while all.count < limit {
      let count = pread(file, &chunk, min(chunk.count, limit - all.count), off_t(start + all.count))
      if count <= 0 { break }
      all += chunk[..<count]
    }
    return all
  }
}

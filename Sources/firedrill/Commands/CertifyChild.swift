import Foundation
import Synchronization

/// A command line of this product's own, run as a script would run it: as a process of its own, within a time.
final class CertifyChild: Sendable {
  struct Result: Sendable {
    var status: Int32
    var out: String
    var errors: String
    var timedOut = false
  }

  // Guarded by the mutex; `Process` itself is only started here and read by `isRunning`.
  private let process: Mutex<Process>
  private let outPath: String
  private let errorPath: String

  /// Starts it. Both streams go to files `NAME.out` and `NAME.err` in `folder`.
  init(
    _ program: String, _ arguments: [String], environment: [String: String], folder: String, name: String
  ) throws {
    outPath = "\(folder)/\(name).out"
    errorPath = "\(folder)/\(name).err"
    for path in [outPath, errorPath] { try Data().write(to: URL(fileURLWithPath: path)) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    let files = try [outPath, errorPath].map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
    // The child has its own by then. Left to themselves they stay open for good: a long certification runs out of them.
    defer { for file in files { try? file.close() } }
    process.standardOutput = files[0]
    process.standardError = files[1]
    try process.run()
    self.process = Mutex(process)
  }

  var isRunning: Bool { process.withLock { $0.isRunning } }
  var out: String { (try? String(contentsOfFile: outPath, encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

  /// Waits for its end. When the time is over or the task is cancelled it is interrupted, and killed 15 s later.
  func wait(_ timeout: Duration) async -> Result {
    var timedOut = false
    if !(await ends(within: timeout)) {
      timedOut = !Task.isCancelled
      signal(SIGINT)
      // A task of its own: a cancelled one could not wait.
      let ended = await Task { await ends(within: .seconds(15)) }.value
      if !ended { signal(SIGKILL) }
    }
    return await Task {
      _ = await ends(within: .seconds(5))
      let status = process.withLock { $0.isRunning ? -1 : $0.terminationStatus }
      return Result(status: status, out: out, errors: errors, timedOut: timedOut)
    }.value
  }

  /// Waits until a line of its standard error is taken by `match`; nil when it ended, or never said so in time.
  func awaitLine<Value: Sendable>(
    within timeout: Duration, _ match: @Sendable (Substring) -> Value?
  ) async -> Value? {
    let deadline = ContinuousClock.now + timeout
    while ContinuousClock.now < deadline, !Task.isCancelled {
      let lasts = isRunning
      for line in errors.split(whereSeparator: \.isNewline) {
        if let value = match(line) { return value }
      }
      guard lasts else { return nil }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return nil
  }

  func signal(_ number: Int32) {
    process.withLock { if $0.isRunning { kill($0.processIdentifier, number) } }
  }

  private func ends(within timeout: Duration) async -> Bool {
    let deadline = ContinuousClock.now + timeout
    while isRunning {
      guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return true
  }
}

/// Processes that do nothing but take processor time, one for each processor.
final class Spinners: Sendable {
  private let children: Mutex<[Process]>

  /// They end by themselves when this process is gone, however it went.
  init() throws {
    let script = "while kill -0 \"$1\" 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done"
    children = Mutex(
      try (0..<ProcessInfo.processInfo.activeProcessorCount).map { _ in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "spin", "\(getpid())"]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
      })
  }

  func stop() {
    children.withLock { children in
      for child in children where child.isRunning { kill(child.processIdentifier, SIGKILL) }
      children = []
    }
  }
}

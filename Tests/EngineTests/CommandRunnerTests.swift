import Foundation
import Synchronization
import TestServers
import Testing

@testable import Engine

/// Programs that are run to their end.
@Suite struct CommandRunnerTests {
  @Test func aCancelledCommandEndsWithAllItsChildren() async throws {
    let pids = Mutex("")
    let task = Task {
      try await CommandRunner.run(
        ["sh", "-c", "sleep 300 & echo $$ $!; wait"], timeout: .seconds(100),
        onOutput: { news in pids.withLock { $0 += news } })
    }
    try await eventually("it says who it is") { pids.withLock { $0.hasSuffix("\n") } }
    task.cancel()
    _ = try? await task.value
    for pid in pids.withLock({ $0 }).split(whereSeparator: \.isWhitespace) {
      let pid = try #require(Int32(pid))
      try await eventually("\(pid) is gone") { kill(pid, 0) != 0 }
    }
  }

  @Test func whoWritesWithoutEndIsEnded() async throws {
    let error = await #expect(throws: EngineError.self) {
      try await CommandRunner.run(["yes"], timeout: .seconds(100))
    }
    #expect(
      error?.description.contains("yes was ended: it wrote more than 64 MB") == true, "\(String(describing: error))")
  }

  @Test func timeIsUp() async throws {
    #expect(try await CommandRunner.run(["sleep", "100"], timeout: .milliseconds(200)).status == 124)
  }

  /// Who runs hundreds of commands in its life must not run out of files.
  @Test func nothingStaysOpen() async throws {
    for _ in 0..<20 { _ = try await CommandRunner.run(["true"], timeout: .seconds(10)) }
    // Commands of other tests have theirs meanwhile.
    try await eventually("their outputs are closed") { Self.openTranscripts < 10 }
  }

  private static var openTranscripts: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return names.count { name in
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
      return target?.contains("/firedrill-") == true && target?.hasSuffix("(deleted)") == true
    }
  }
}

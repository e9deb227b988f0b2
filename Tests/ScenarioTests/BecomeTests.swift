import Foundation
import Testing

/// Programs that a command becomes: `logs`, `psql`, `redis-cli`, `shell`.
extension SideBySideTests {
  @Suite struct BecomeTests {
    @Test(arguments: [SIGINT, SIGTERM]) func signalsReachThem(_ number: Int32) throws {
      let cli = try CLI()
      defer { try? FileManager.default.removeItem(atPath: (cli.lab as NSString).deletingLastPathComponent) }
      for folder in ["logs", ".firedrill"] {
        try FileManager.default.createDirectory(atPath: "\(cli.lab)/\(folder)", withIntermediateDirectories: true)
      }
      try "a line\n".write(toFile: cli.lab + "/logs/inventory-1.log", atomically: true, encoding: .utf8)
      let tail = try cli.launch(["logs", "inventory-1", "-f"])
      let pid = tail.process.processIdentifier
      defer { if tail.process.isRunning { kill(pid, SIGKILL) } }
      try eventually(within: 10, "the log shows") { tail.out == "a line\n" }
      kill(pid, number)
      let result = try tail.wait(5)
      #expect(tail.process.terminationReason == .uncaughtSignal && result.status == number)
    }
  }
}

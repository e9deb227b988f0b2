import Foundation
import TestFiles
import TestServers
import Testing

@testable import Engine

/// What a node sees, and where its mounts may go. Only root can make a node without a process of one thread: everybody
/// else has these tests run by `theseTestsPassForOthersToo`.
@Suite(.serialized, .enabled(if: getuid() == 0)) struct NodeRootTests {
  private let scratch: Scratch
  private let launcher: NodeLauncher

  init() throws {
    scratch = try Scratch("run/root", "lab", "volume", "outside")
    let run = RunDirectory(path: scratch.path + "/run")
    for file in ["run/hosts", "plain"] {
      try "127.0.0.1 localhost\n".write(toFile: "\(scratch.path)/\(file)", atomically: true, encoding: .utf8)
    }
    launcher = try NodeLauncher(run: run)
  }

  /// Who nodes run as: nobody; in a user namespace with one user, that one.
  private static let user: SpawnSpec.User? = {
    let users = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
    let isAlone = users.split(whereSeparator: \.isWhitespace).last == "1"
    return isAlone ? nil : SpawnSpec.User(uid: 65_534, gid: 65_534)
  }()

  private var volume: SpawnSpec.Mount { .bind(scratch.path + "/volume", at: "/data") }

  private func launch(_ command: [String], _ mounts: [SpawnSpec.Mount]) throws -> Int32 {
    try launcher.launch(
      SpawnSpec(
        node: "a", service: "a", judge: false, address: "127.0.0.1", argv: command, environment: ["PATH=/usr/bin:/bin"],
        directory: "/", mounts: mounts, limits: [], user: Self.user, log: scratch.path + "/log", stopGrace: 0,
        stopSignal: SIGKILL, restart: .never, fingerprint: ""))
  }

  /// What a shell prints in a node.
  private func output(_ script: String) throws -> String {
    let pid = try launch(["sh", "-c", script], [volume, .bind(scratch.path + "/lab", at: "/lab", readOnly: true)])
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return try String(contentsOfFile: scratch.path + "/log", encoding: .utf8)
  }

  private func refusal(_ mount: SpawnSpec.Mount) -> String {
    do {
      kill(try launch(["true"], [volume, mount]), SIGKILL)
      return "nothing"
    } catch { return "\(error)" }
  }

  @Test func aNodeHasDevicesOfItsOwnAndChangesNoHost() throws {
    #expect(try output("ls /dev") == "fd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n")
    let written = try output("echo x >/dev/null && head -c 2 /dev/zero | wc -c; cat /proc/self/mounts")
    let readOnly = ["/usr", "/etc", "/etc/hosts", "/sys", "/lab"]
    var seen: Set<String> = []
    for line in written.split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 3, readOnly.contains(fields[1]) else { continue }
      seen.insert(fields[1])
      #expect(fields[3].hasPrefix("ro,"), "\(line)")
    }
    #expect(seen == Set(readOnly), "\(written)")
    #expect(written.contains("\n2\n") && !written.contains(" /opt "))
  }

  @Test func whatALabHasPlantedIsNotFollowed() throws {
    let files = FileManager.default
    let outside = scratch.path + "/outside"
    try files.createSymbolicLink(atPath: scratch.path + "/volume/link", withDestinationPath: outside)
    try files.createSymbolicLink(atPath: scratch.path + "/volume/file", withDestinationPath: outside + "/made")
    #expect(mkfifo(scratch.path + "/volume/pipe", 0o600) == 0)
    let tmpfs = { SpawnSpec.Mount.tmpfs(at: $0, options: "size=4096") }
    #expect(refusal(tmpfs("/data/link/new")).contains("Not a directory"))
    #expect(refusal(tmpfs("/data/link")).contains("something else is at /data/link"))
    #expect(refusal(tmpfs("/data/../etc")).contains("/data/../etc"))
    for name in ["file", "pipe"] {
      let mount = SpawnSpec.Mount.bind(scratch.path + "/plain", at: "/data/\(name)")
      #expect(refusal(mount).contains("something else is at /data/\(name)"))
    }
    #expect(try files.contentsOfDirectory(atPath: outside).isEmpty)
    #expect(refusal(tmpfs("/data/a/b")) == "nothing")
    #expect(refusal(.bind(scratch.path + "/plain", at: "/data/c/d")) == "nothing")
  }

  @Test func aLogIsAPlainFile() throws {
    let log = scratch.path + "/log"
    try FileManager.default.createSymbolicLink(atPath: log, withDestinationPath: scratch.path + "/outside/log")
    #expect(throws: EngineError.self) { try launch(["true"], []) }
    unlink(log)
    #expect(mkfifo(log, 0o600) == 0)
    #expect(throws: EngineError.self) { try launch(["true"], []) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/outside").isEmpty)
  }
}

/// The same for an ordinary user, who is root in a user namespace only: in another process of these tests.
@Suite(.enabled(if: getuid() != 0), .timeLimit(.minutes(1))) struct NodeRootElsewhereTests {
  @Test func theseTestsPassForOthersToo() async throws {
    let scratch = try Scratch()
    let log = scratch.path + "/log"
    try Data().write(to: URL(fileURLWithPath: log))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.arguments = ["-r", program, "--testing-library", "swift-testing", "--filter", "NodeRootTests"]
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    try await eventually("they end", within: 50) { !process.isRunning }
    let said = try String(contentsOfFile: log, encoding: .utf8)
    #expect(process.terminationStatus == 0 && said.contains("Suite NodeRootTests passed"), "\(said)")
  }
}

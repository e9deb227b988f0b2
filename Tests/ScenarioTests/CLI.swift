import Foundation
import TestFiles
import Testing

/// The console as a person or a script uses it: the release binaries, driven through their command line.
struct CLI {
  struct Result {
    var status: Int32
    var out: String
    var errors: String
  }

  /// A lab folder of its own, removed by `finish`.
  let lab: String
  private let programs: String
  /// Where Firedrill's files are, if not in this checkout.
  private let home: TestHome?
  /// What the nodes of its labs are.
  let engine: String
  /// Where the run folders and temporary folders of its labs are, if not where everybody's are.
  private let places: String?

  init(_ name: String = #function, home: TestHome? = nil, engine: String = "process", places: String? = nil) throws {
    self.home = home
    self.engine = engine
    self.places = places
    programs = ProcessInfo.processInfo.environment["FIREDRILL_BIN_DIR"] ?? Repository.root + "/.build/release"
    for program in ["firedrill", "fleet"] {
      try #require(
        FileManager.default.isExecutableFile(atPath: "\(programs)/\(program)"),
        "\(programs)/\(program) is missing: `make build` makes it")
    }
    // scripts/tests stops what is left there.
    let all = ProcessInfo.processInfo.environment["FIREDRILL_TESTS"].map { $0 + "/" } ?? NSTemporaryDirectory()
    lab = all + "firedrill-\(UUID().uuidString.prefix(8))/lab"
  }

  var program: String { programs + "/firedrill" }
  /// The installation's files.
  var share: String { Repository.root }

  /// Starts a command and gives the process; its streams go to files.
  func launch(_ arguments: [String], program: String? = nil) throws -> Launched {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program ?? self.program)
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["FIREDRILL_LAB"] = lab
    // What grader.yaml mounts.
    if let host = environment["DOCKER_HOST"] { environment["DOCKER_SOCKET"] = host.replacing("unix://", with: "") }
    if let home { environment["FIREDRILL_HOME"] = home.path }
    if let places {
      environment["FIREDRILL_RUN"] = places + "/run"
      environment["TMPDIR"] = places + "/tmp"
    }
    environment["PATH"] = programs + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    process.environment = environment
    return try Launched(process)
  }

  /// Runs a command to its end.
  func run(_ arguments: String..., timeout: TimeInterval = 180) throws -> Result {
    try launch(arguments).wait(timeout)
  }

  /// Runs a shell script in the lab's folder, as a trainee at the keyboard.
  func script(_ text: String, timeout: TimeInterval = 180) throws -> Result {
    try launch(["shell", "--", "bash", "-euo", "pipefail", "-c", text]).wait(timeout)
  }

  func start(_ scenario: String = "one-bad-instance") throws {
    let result = try launch(["start", scenario, "--seed", "7", "--engine", engine]).wait(60)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// Stops the lab and removes its folder.
  func finish() throws {
    if FileManager.default.fileExists(atPath: lab) {
      let result = try run("stop", "--purge")
      #expect(result.status == 0, "\(result.errors)")
    }
    try? FileManager.default.removeItem(atPath: (lab as NSString).deletingLastPathComponent)
  }

  /// Runs `body` with a started lab, and ends it whatever happens.
  func withLab(_ scenario: String = "one-bad-instance", _ body: () throws -> Void) throws {
    defer { try? finish() }
    try start(scenario)
    try body()
  }

  /// The id of the lab, and with it the name of its run folder.
  func labID() throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: lab + "/.firedrill/lab.json"))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(json["id"] as? String)
  }

  var runFolder: String { get throws { "\(runFolders)/\(try labID())" } }

  /// Where the program that is launched has them.
  private var runFolders: String {
    places.map { $0 + "/run" } ?? ProcessInfo.processInfo.environment["FIREDRILL_RUN"]
      ?? "/var/tmp/firedrill-\(getuid())"
  }

  /// Whether nothing of a run folder is left, not even of its removal.
  static func isGone(_ run: String) -> Bool {
    ["", ".gone"].allSatisfy { !FileManager.default.fileExists(atPath: run + $0) }
  }

  /// The answer of a command that prints JSON.
  func json(_ arguments: String..., timeout: TimeInterval = 180) throws -> (status: Int32, value: [String: Any]) {
    let result = try launch(arguments).wait(timeout)
    let value = try? JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any]
    return (result.status, try #require(value, "\(result.out)\n\(result.errors)"))
  }
}

/// A process that runs, with its output in files. It ends when nobody holds this any more: who fails leaves none.
final class Launched {
  let process: Process
  private let scratch: Scratch

  init(_ process: Process) throws {
    self.process = process
    scratch = try Scratch()
    let files = ["out", "err"].map { URL(fileURLWithPath: "\(scratch.path)/\($0)") }
    for file in files { try Data().write(to: file) }
    let streams = try files.map { try FileHandle(forWritingTo: $0) }
    // Not left to when they are freed: a thousand open files are more than `Process` can bear.
    defer { for stream in streams { try? stream.close() } }
    process.standardOutput = streams[0]
    process.standardError = streams[1]
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Told to end first: a verdict's lab goes with who judges it. Then killed, for the children of threads that block
  /// signals hear nothing else. `Process` gives each a group of its own, in which a shell's children are, too.
  deinit {
    guard process.isRunning else { return }
    let group = -process.processIdentifier
    kill(group, SIGTERM)
    if !comesTrue(within: 20, { kill(group, 0) != 0 }) { kill(group, SIGKILL) }
  }

  var out: String { (try? String(contentsOfFile: scratch.path + "/out", encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: scratch.path + "/err", encoding: .utf8)) ?? "" }

  func wait(_ timeout: TimeInterval) throws -> CLI.Result {
    try eventually(within: timeout, "\(process.arguments ?? []) ends") { !process.isRunning }
    return CLI.Result(status: process.terminationStatus, out: out, errors: errors)
  }
}

/// Waits until a condition holds; fails the test, and kills nothing, when it does not in time.
func eventually(within seconds: TimeInterval, _ what: String, _ condition: () throws -> Bool) throws {
  let isTrue = try comesTrue(within: seconds, condition)
  try #require(isTrue, "waited \(seconds) s in vain until \(what)")
}

/// Whether a condition holds in time; waits for it.
func comesTrue(within seconds: TimeInterval, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Date().addingTimeInterval(seconds)
  while try !condition() {
    if Date() >= deadline { return false }
    usleep(20_000)
  }
  return true
}

/// Processes by what /proc says of them; zombies have ended.
enum Processes {
  static func isAlive(_ pid: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return text.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  /// Living children of a process.
  static func children(of parent: Int32) -> [Int32] {
    let path = "/proc/\(parent)/task/\(parent)/children"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: " ").compactMap { Int32($0) }.filter(isAlive)
  }

  /// Living processes whose command line has all the words.
  static func withWords(_ words: String...) -> [Int32] {
    all.filter { words.allSatisfy($0.line.contains) }.map(\.pid)
  }

  /// What a living process has open, by the names of /proc.
  static func openFiles(of pid: Int32) -> [String] {
    let folder = "/proc/\(pid)/fd"
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return numbers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
  }

  /// Living processes but this one, with their command lines.
  static var all: [(pid: Int32, line: [String])] {
    let pids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    return pids.compactMap { pid in
      guard pid != getpid(), isAlive(pid), let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
      else { return nil }
      return (pid, data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    }
  }
}

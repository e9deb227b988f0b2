import Foundation
import Testing

/// What somebody hands in: the scenario's lab as it is given out, in a folder of its own. What judges it has places of
/// its own as well, in which it leaves nothing.
struct Submission {
  let cli: CLI
  let scenario: String
  let folder: String
  private let places: String
  /// A word of the command line of what would rather not end; no other submission's has it.
  let survivor = "firedrill-survivor-\(UUID().uuidString.prefix(8))"

  static func with(
    _ scenario: String = "one-bad-instance", engine: String = "process", _ body: (Submission) throws -> Void
  ) throws {
    // On a disk: databases live in the run folders.
    let own = "/var/tmp/firedrill-submission-\(UUID().uuidString.prefix(8))"
    let submission = Submission(
      cli: try CLI(engine: engine, places: own), scenario: scenario, folder: own + "/lab", places: own)
    let files = FileManager.default
    for folder in [submission.folder, own + "/run", own + "/tmp"] {
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    defer { try? files.removeItem(atPath: own) }
    for source in ["compose/lab", "Chaos/\(scenario)/lab"] {
      let copy = Process()
      copy.executableURL = URL(fileURLWithPath: "/bin/cp")
      copy.arguments = ["-a", "\(submission.cli.share)/\(source)/.", submission.folder]
      try copy.run()
      copy.waitUntilExit()
      try #require(copy.terminationStatus == 0)
    }
    do {
      try body(submission)
    } catch {
      submission.end()
      throw error
    }
    let left = try submission.leftovers()
    #expect(left.isEmpty, "\(left)")
  }

  /// What labs leave on this machine: run folders, temporary folders, processes, containers.
  private func leftovers() throws -> [String] {
    let files = FileManager.default
    let folders = try ["run", "tmp"].flatMap { name in
      try files.contentsOfDirectory(atPath: path(name)).map { "\(name)/\($0)" }
    }
    var left = folders + running.map { $0.line.joined(separator: " ") }
    if cli.engine == "compose" {
      let labels = ["docker", "ps", "--all", "--format", "{{.Names}} {{.Label \"firedrill.run\"}}"]
      let found = try cli.launch(labels, program: "/usr/bin/env").wait(30)
      try #require(found.status == 0, "\(found.errors)")
      left += found.out.split(separator: "\n").map(String.init).filter { $0.contains(path("run/")) }
    }
    return left
  }

  /// What runs of its labs.
  private var running: [(pid: Int32, line: [String])] {
    Processes.all.filter { _, line in
      line.contains(survivor) || line.contains { $0.hasPrefix(path("run/")) || $0.hasPrefix(path("tmp/")) }
    }
  }

  /// Ends what a test that failed has left: databases must not go on in folders that are removed. What it launched has
  /// ended by now, and with it most labs.
  private func end() {
    // A guardian's nodes end with it, and its keeper takes containers away.
    for process in running where process.line.contains("guardian") { kill(process.pid, SIGKILL) }
    if comesTrue(within: 10, { running.isEmpty }) { return }
    for process in running { kill(process.pid, SIGKILL) }
    _ = comesTrue(within: 5) { running.isEmpty }
  }

  /// A path beside the folder.
  func path(_ name: String) -> String { "\(places)/\(name)" }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func edit(_ name: String, _ change: (String) -> String) throws {
    let path = "\(folder)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = change(text)
    try #require(changed != text, "\(name) has nothing to change")
    try changed.write(toFile: path, atomically: false, encoding: .utf8)
  }

  func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    #expect(chmod("\(folder)/\(name)", mode) == 0)
  }

  /// The runbook's cap-300, or of `deadlock` its one-order.
  func repair() throws {
    guard scenario == "deadlock" else {
      return try edit("inventory-db/postgresql.conf") {
        $0.replacing(/(?m)^max_connections = [0-9]*/, with: "max_connections = 300")
      }
    }
    try edit("sql/inventory/reserve-lock.sql") { $0.replacing("ORDER BY cart.line", with: "ORDER BY stock.sku") }
    try edit("sql/inventory/sync-stock.sql") { $0.replacing("ORDER BY sku DESC", with: "ORDER BY sku") }
  }

  /// The folder of the lab that is being verified; nil before there is one.
  var verifiedLab: String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path("tmp"))) ?? []
    return names.first { $0.hasPrefix("firedrill-verify-") }.map { path("tmp/\($0)/lab") }
  }

  /// The services that run in that lab, by name, with the bytes of the program's file that each runs.
  func runningServices() -> [String: Set<Int>] {
    guard let verifiedLab, let guardian = Processes.withWords("guardian", verifiedLab).first else { return [:] }
    let nodes = Set(Processes.children(of: guardian))
    return Processes.all.reduce(into: [:]) { all, process in
      guard nodes.contains(process.pid), process.line.count > 1, process.line[0] == "fleet" else { return }
      all[process.line[1], default: []].insert(Self.bytes("/proc/\(process.pid)/exe"))
    }
  }

  /// The services' program as somebody else might have built it: the installed one and a byte.
  ///
  /// - Returns: the bytes of both.
  func buildOwnFleet(_ path: String) throws -> (own: Int, installed: Int) {
    let installed = (cli.program as NSString).deletingLastPathComponent + "/fleet"
    try FileManager.default.copyItem(atPath: installed, toPath: path)
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data([0]))
    try file.close()
    return (Self.bytes(path), Self.bytes(installed))
  }

  /// Links are followed; 0 where nothing is.
  private static func bytes(_ path: String) -> Int {
    var info = stat()
    return stat(path, &info) == 0 ? Int(info.st_size) : 0
  }

  func verify(timeout: TimeInterval = 120) throws -> CLI.Result {
    let words = ["verify", scenario, "--engine", cli.engine, "--json", "--lab", folder, "--junit", path("junit.xml")]
    return try cli.launch(words).wait(timeout)
  }

  /// Runs the commands of a pipeline as its runner would, in the folder that holds the lab.
  func run(
    _ pipeline: Pipeline, scenarios: String? = nil, temporary: String? = nil, timeout: TimeInterval = 120
  ) throws -> CLI.Result {
    try launch(pipeline, scenarios: scenarios, temporary: temporary).wait(timeout)
  }

  /// - Parameter temporary: where its temporary files are, if not where this submission's are.
  func launch(_ pipeline: Pipeline, scenarios: String? = nil, temporary: String? = nil) throws -> Launched {
    var environment = pipeline.environment
    environment["FIREDRILL_SCENARIOS"] = scenarios ?? scenario
    environment["GITHUB_STEP_SUMMARY"] = path("page.md")
    environment["TMPDIR"] = temporary
    let words = ["-C", path("")] + environment.map { "\($0.key)=\($0.value)" }
    return try cli.launch(words + ["bash", "-e", "-c", pipeline.script], program: "/usr/bin/env")
  }

  /// The first verdict of a file or text that `verify` wrote.
  func verdict(of text: String? = nil) throws -> [String: Any] {
    let text = try text ?? report("verdicts.json")
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require((json?["verdicts"] as? [[String: Any]])?.first, "\(text)")
  }

  func reasons(_ verdict: [String: Any]) -> [String] {
    ((verdict["checks"] as? [[String: Any]]) ?? []).compactMap { $0["reason"] as? String }
  }

  /// A file that a pipeline leaves.
  func report(_ name: String) throws -> String { try text("firedrill-reports/" + name) }
}

import ArgumentParser
import Controller
import Engine
import Foundation

/// `logs NODE`
struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "A node's log.")
  @OptionGroup var lab: LabOptions
  @Argument(help: "A node, such as inventory-7.") var node: String
  @Flag(name: .shortAndLong, help: "Go on as it grows.") var follow = false
  @Option(name: .shortAndLong, help: "The last so many lines.") var lines = 50

  func run() async throws {
    let path = "\(lab.folder.logs)/\(node).log"
    guard FileManager.default.fileExists(atPath: path) else {
      _ = try await lab.node(node)
      throw EngineError("\(node) has no log in \(lab.folder.logs)", code: .usage)
    }
    lab.noteLook("logs \(node)")
    try become(["tail", "-n", "\(lines)"] + (follow ? ["-F"] : []) + [path])
  }
}

/// `psql [NODE]`
struct Psql: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "psql on a Postgres node as its superuser.",
    discussion: "What follows -- goes to psql: firedrill psql inventory-db -- -c 'SHOW max_connections'")
  @OptionGroup var lab: LabOptions
  @Argument(help: "A Postgres node (default: postgres).") var node = "postgres"
  @Argument(parsing: .postTerminator, help: "Arguments of psql.") var arguments: [String] = []

  func run() async throws {
    let target = try await lab.node(node, as: .postgres)
    lab.noteLook("psql \(node)")
    try become(
      ["psql", "-h", target.address, "-U", "postgres"] + arguments,
      environment: ["PGPASSFILE": lab.folder.stateFolder + "/pgpass", "PGCONNECT_TIMEOUT": "5"])
  }
}

/// `redis-cli [NODE]`
struct RedisCLI: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "redis-cli", abstract: "redis-cli on a Redis node.")
  @OptionGroup var lab: LabOptions
  @Argument(help: "A Redis node (default: redis).") var node = "redis"
  @Argument(parsing: .postTerminator, help: "Arguments of redis-cli.") var arguments: [String] = []

  func run() async throws {
    let target = try await lab.node(node, as: .redis)
    lab.noteLook("redis-cli \(node)")
    let password = try String(contentsOfFile: lab.folder.secrets + "/redis-password", encoding: .utf8)
    try become(
      ["redis-cli", "-h", target.address] + arguments,
      environment: ["REDISCLI_AUTH": password.trimmingCharacters(in: .whitespacesAndNewlines)])
  }
}

/// `shell [NODE]`
struct Shell: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "A shell as on that node: its environment, log, address and limits.",
    discussion: """
      Without a node: a shell of the operator's, in the lab's folder, where the lab's names resolve.
      What follows -- is run instead of a shell: firedrill shell inventory-7 -- ss -tnp
      Inside the operator's shell, root alone gets a shell on a node; others run commands there, without input.
      """)
  @OptionGroup var lab: LabOptions
  @Argument(help: "A node, such as inventory-7.") var node: String?
  @Argument(parsing: .postTerminator, help: "A command.") var command: [String] = []

  func run() async throws {
    guard let node else { return try operatorShell() }
    let target = try await lab.node(node)
    lab.noteLook("shell \(node)")
    guard let pid = target.pid else { throw EngineError("\(node) does not run", code: .usage) }
    guard getuid() == 0 || access("/proc/\(pid)/ns/user", R_OK) == 0 else {
      return try await runFromOutside(node)
    }
    let words = command.isEmpty ? ["/bin/bash", "--norc", "-i"] : command
    var added = NodeLogin.variables(of: pid)
    added["TERM"] = ProcessInfo.processInfo.environment["TERM"]
    added["PS1"] = "\(node):\\w\\$ "
    try become(
      NodeCommand.line(words, inNode: pid, by: Installation.find()),
      environment: NodeCommand.environment(adding: added))
  }

  /// An ordinary user can't enter a node from the operator's shell, so the controller runs the command there.
  private func runFromOutside(_ node: String) async throws {
    guard !command.isEmpty else {
      throw EngineError(
        "only root can open a shell on a node from the operator's shell: leave that shell first, or name a command, "
          + "as in `firedrill shell \(node) -- ps`", code: .usage)
    }
    let order = Wire.Run(node: node, command: command)
    let status = try await lab.controller().perform(
      "run", order, timeout: LabController.longestRun + .seconds(10)
    ) { FileHandle.standardOutput.say($0) }
    if let code = Int32(status), code != 0 { throw ExitCode(code) }
  }

  private func operatorShell() throws {
    let installation = try Installation.find()
    let operating = OperatorCommand(lab: lab.folder, run: try lab.runDirectory(), installation: installation)
    guard chdir(lab.folder.path) == 0 else { throw EngineError("cannot enter \(lab.folder.path)") }
    try become(operating.line(command.isEmpty ? ["/bin/bash", "-i"] : command), environment: operating.environment)
  }
}

/// `top`
struct Top: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Processor time and memory of the services.")
  @OptionGroup var lab: LabOptions
  @Flag(help: "Print JSON.") var json = false

  /// One service's share of the machine.
  private struct Row: Codable {
    var service: String
    var up: Int
    var instances: Int
    var processorPercent: Double
    var memoryBytes: Int
  }

  func run() async throws {
    let nodes = try await lab.controller().status().nodes
    let before = Dictionary(
      uniqueKeysWithValues: nodes.compactMap { node in node.pid.map { (node.name, Self.ticks($0)) } })
    try await Task.sleep(for: .seconds(1))
    let services = nodes.reduce(into: [String]()) { if !$0.contains($1.service) { $0.append($1.service) } }
    let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    let rows = services.map { service -> Row in
      let own = nodes.filter { $0.service == service }
      let busy = own.reduce(0.0) { sum, node in
        sum + (node.pid.map { Double(Self.ticks($0) - (before[node.name] ?? 0)) / perSecond * 100 } ?? 0)
      }
      let bytes = own.compactMap(\.pid).reduce(0) { $0 + ProcessMemory.proportionalBytes(ofNamespaceOf: $1) }
      return Row(
        service: service, up: own.filter(\.isUp).count, instances: own.count, processorPercent: busy, memoryBytes: bytes
      )
    }
    if json { return Console.out(try Console.json(rows)) }
    let cells = rows.map { row in
      [
        row.service, "\(row.up)/\(row.instances)",
        row.processorPercent.formatted(.number.precision(.fractionLength(1))),
        "\(row.memoryBytes >> 20) MB",
      ]
    }
    let total = rows.reduce(0) { $0 + $1.memoryBytes } >> 20
    Console.out(Console.table([["SERVICE", "UP", "CPU %", "PSS"]] + cells + [["all", "", "", "\(total) MB"]]))
  }

  /// Processor time of a node's first process and its children that have ended, in clock ticks.
  private static func ticks(_ pid: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 14 ? (11...14).reduce(0) { $0 + (Int(fields[$1]) ?? 0) } : 0
  }
}

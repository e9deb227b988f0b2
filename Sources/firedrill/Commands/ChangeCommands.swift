import ArgumentParser
import Controller
import Engine
import Foundation

/// `apply`
struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Deploy what changed in the lab's folder: its preflight first, then a part of the instances at a time.")
  @OptionGroup var lab: LabOptions
  @Flag(help: "Build the services from their Swift sources first, and deploy that build.") var build = false

  func run() async throws {
    let client = try await lab.controller()
    if build { try await buildFleet() }
    _ = try await client.perform("apply", timeout: .seconds(300)) { Console.note($0) }
  }

  /// Needs the sources beside the installation's files, and Swift.
  private func buildFleet() async throws {
    let installation = try Installation.find()
    let sources = ProcessInfo.processInfo.environment["FIREDRILL_SOURCES"] ?? installation.share
    guard FileManager.default.fileExists(atPath: sources + "/Package.swift") else {
      throw EngineError("--build needs the sources: set FIREDRILL_SOURCES to a checkout", code: .missingPart)
    }
    let command = [
      "swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "fleet", "--package-path", sources,
    ]
    Console.note("building the services in \(sources)")
    let built = try await CommandRunner.run(command, timeout: .seconds(1800)) { Console.note($0) }
    guard built.status == 0 else { throw EngineError("the build failed; nothing was deployed", code: .usage) }
    let target = lab.folder.stateFolder + "/bin"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try? FileManager.default.removeItem(atPath: target + "/fleet")
    try FileManager.default.copyItem(atPath: sources + "/.build/release/fleet", toPath: target + "/fleet")
  }
}

/// `reset`
struct Reset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Back to the lab as it began: files, data and nodes.")
  @OptionGroup var lab: LabOptions

  func run() async throws {
    let folder = lab.folder
    let installation = try Installation.find()
    let run = RunDirectory(labID: try folder.requireState().id)
    if run.isAlive { try await GuardianClient.connect(run).shutdown() }
    try folder.restorePristine()
    ChangeLog(path: folder.changeLog).add("reset: files, data and nodes as they began")
    try await Launch(folder: folder, installation: installation).up()
    Console.note("the lab is as it began")
  }
}

/// `diff`
struct Diff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What you changed in the lab's folder.")
  @OptionGroup var lab: LabOptions

  func run() async throws {
    let text = try await Self.text(of: lab.folder)
    Console.out(text.isEmpty ? "nothing is changed" : text)
  }

  /// What differs from the lab as it began; empty for nothing.
  static func text(of folder: LabFolder) async throws -> String {
    _ = try folder.requireState()
    let excluded = LabFolder.ownNames.sorted().flatMap { ["-x", $0] }
    let result = try await CommandRunner.run(
      ["diff", "-ruN"] + excluded + [".firedrill/pristine", "."], directory: folder.path, timeout: .seconds(10))
    if result.status > 1 { throw EngineError("diff failed: \(result.output)") }
    // diff begins each file by repeating what it was called with.
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.filter { !$0.hasPrefix("diff -ruN ") }.joined(separator: "\n")
  }
}

/// `load`
struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Users on demand.",
    discussion: """
      What they want comes from the lab's seed: the same products are popular at every load of a lab. Where a few get \
      most of the visits, their names are printed as it begins.
      """)
  @OptionGroup var lab: LabOptions
  @Option(help: "Requests a second (default: as many as the scenario's users make).") var rate: Double?
  @Option(help: "Seconds.") var seconds = 10.0
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    guard seconds > 0, seconds <= 3600 else {
      throw EngineError("--seconds: more than 0, at most 3600", code: .usage)
    }
    let order = Wire.Load(rate: rate, seconds: seconds)
    let result = try await lab.controller().perform("load", order, timeout: .seconds(Int(seconds) + 60)) {
      Console.note($0)
    }
    let answer = try JSONDecoder().decode(LoadAnswer.self, from: Data(result.utf8))
    Console.out(json ? try Console.json(answer) : answer.text)
  }
}

/// `chaos inject|list|clear`
struct Chaos: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Faults by hand, each under a lease.", subcommands: [Inject.self, ListFaults.self, Clear.self])

  /// `chaos inject KIND KEY=VALUE...`
  struct Inject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Apply a fault.",
      discussion: FaultKind.parameters.sorted { $0.key < $1.key }
        .map { "\($0.key): \($0.value.joined(separator: ", "))" }.joined(separator: "\n") + """


          What stop-node and kill-node ended is started again when the lease is over, so with --lease 1 they are a \
          restart and a crash. A toxic needs a scenario whose services talk over links of a proxy (start.proxy).
          """)
    @OptionGroup var lab: LabOptions
    @Argument(help: "The kind of fault.") var kind: String
    @Argument(help: "KEY=VALUE, such as node=inventory-7.") var parameters: [String] = []
    @Option(help: "Seconds after which it heals by itself, 1 to 3600.") var lease = 60.0

    func run() async throws {
      var values: [String: String] = [:]
      for parameter in parameters {
        let parts = parameter.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw EngineError("\(parameter): say KEY=VALUE", code: .usage) }
        values[parts[0]] = parts[1]
      }
      let request = FaultRequest(kind: kind, parameters: values, lease: lease)
      _ = try FaultKind(request)
      Console.out(try await lab.controller().inject(request).id)
    }
  }

  /// `chaos list`
  struct ListFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The faults that are applied.")
    @OptionGroup var lab: LabOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let faults = try await lab.controller().status().faults
      if json { return Console.out(try Console.json(faults)) }
      for fault in faults {
        let left = Int(max(0, fault.expiresAt - Date().timeIntervalSince1970))
        let parameters = fault.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        Console.out("\(fault.id)  \(parameters.joined(separator: " "))  heals in \(left) s")
      }
    }
  }

  /// `chaos clear [ID]`
  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Undo a fault, or all of them.")
    @OptionGroup var lab: LabOptions
    @Argument(help: "A fault; none: all.") var id: String?

    func run() async throws { try await lab.controller().clear(id) }
  }
}

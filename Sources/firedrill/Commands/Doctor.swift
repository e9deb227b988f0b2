import ArgumentParser
import Controller
import Engine
import Foundation

/// `doctor`
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What is missing on this machine, one fix a line.")
  @OptionGroup var output: OutputOptions

  func run() async throws {
    output.apply()
    var problems: [String] = []
    for part in Part.all {
      Console.out("\(part.program): \(part.location ?? Console.red("missing"))")
    }
    let missing = Part.missing
    if !missing.isEmpty { problems.append(Part.installLine(missing)) }
    let installation = try Installation.find()
    let fleet = FileManager.default.isExecutableFile(atPath: installation.fleet)
    Console.out("fleet: \(fleet ? installation.fleet : Console.red("missing"))")
    if !fleet { problems.append("make build") }
    let refusal = try await Namespaces.refusal()
    Console.out("namespaces: \(refusal.map { Console.red("refused") + " (\($0))" } ?? "yes")")
    if refusal != nil { problems.append(Namespaces.remedy) }
    let containers = ContainerImages.look()
    Self.tellRoom(docker: containers.found?.folder)
    if MachineRoom.lacksJournal(RunDirectory.base) {
      let text =
        "ext4 without a journal, where starts are slow for minutes after stops; FIREDRILL_RUN names another folder"
      Console.out("disk (\(RunDirectory.base)): \(Console.yellow(text))")
    }
    Console.out("containers (--engine compose): \(Self.words(containers))")
    Console.out("Docker Compose (for a lab without Firedrill): \(await Self.composeVersion() ?? "no")")
    if problems.isEmpty { return Console.note("Everything is here. Next: `firedrill demo` or `firedrill list`.") }
    Console.note("\nTo mend:")
    problems.forEach { Console.out($0) }
    throw ExitCode(ExitStatus.unavailable)
  }

  /// Bytes of memory and of disk that the largest lab takes, a hundred instances and their databases.
  private static let largest = 1 << 30

  /// No problem yet where it is little: most labs need less, and one that runs has its part of it.
  ///
  /// - Parameter docker: where images and containers are, if an engine answers.
  private static func tellRoom(docker: String?) {
    let disks = [RunDirectory.base, docker].compactMap { $0 }
    for (name, bytes) in [("memory", MachineRoom.memory)]
      + disks.map({ ("disk (\($0))", MachineRoom.disk(of: $0).bytes) })
    {
      let text = String(format: "%.1f GB free", Double(bytes) / 1e9)
      Console.out("\(name): \(bytes < largest ? Console.yellow(text + "; a large lab takes 1 GB") : text)")
    }
  }

  /// Labs of processes need none of it.
  private static func words(_ containers: (found: ContainerImages.Found?, problems: [String])) -> String {
    let engine = containers.found.map { "Docker engine \($0.version)" }
    guard containers.problems.isEmpty else {
      return "no: " + ([engine].compactMap { $0 } + containers.problems).joined(separator: "; ")
    }
    return "yes, \(engine ?? "")"
  }

  /// Of the plugin, or of the program of its own that came before it.
  private static func composeVersion() async -> String? {
    for command in [["docker", "compose"], ["docker-compose"]] {
      let result = try? await CommandRunner.run(command + ["version", "--short"], timeout: .seconds(10))
      if let result, result.status == 0 { return result.output.trimmingCharacters(in: .whitespacesAndNewlines) }
    }
    return nil
  }

  /// Throws with the one line that installs what is missing, or says what this machine has to allow.
  static func requireParts(for engine: EngineKind = .process) async throws {
    if engine == .compose { try ContainerImages.require() }
    // The servers of containers are in their images; what looks at them from outside is not.
    let missing = Part.missing.filter { engine == .process || ["psql", "prometheus"].contains($0.program) }
    guard !missing.isEmpty else {
      // Otherwise every lab looks as if its files were wrong: none gets healthy.
      if engine == .process { try await Namespaces.require() }
      return
    }
    let names = missing.map(\.program).joined(separator: ", ")
    throw EngineError("missing: \(names). Install with: \(Part.installLine(missing))", code: .missingPart)
  }
}

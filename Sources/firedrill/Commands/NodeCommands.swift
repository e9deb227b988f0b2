import ArgumentParser
import Controller
import Engine

/// The name of a node, and which lab's.
struct NodeOptions: ParsableArguments {
  @OptionGroup var lab: LabOptions
  @Argument(help: "A node, such as inventory-7.") var node: String

  func act(_ action: String, done: String) async throws {
    try await lab.controller().act(action, on: node)
    Console.note("\(node) \(done)")
  }
}

/// `restart NODE`
struct Restart: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Stop and start a node, or every instance of a service.")
  @OptionGroup var options: NodeOptions
  func run() async throws { try await options.act("restart", done: "is restarted") }
}

/// `stop-node NODE`
struct StopNode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Stop a node; it stays down.")
  @OptionGroup var options: NodeOptions
  func run() async throws { try await options.act("stop", done: "is stopped") }
}

/// `start-node NODE`
struct StartNode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Start a stopped node.")
  @OptionGroup var options: NodeOptions
  func run() async throws { try await options.act("start", done: "is started") }
}

/// `pause NODE`
struct Pause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Freeze every process of a node.")
  @OptionGroup var options: NodeOptions
  func run() async throws { try await options.act("pause", done: "is paused") }
}

/// `resume NODE`
struct Resume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Let a frozen node go on.")
  @OptionGroup var options: NodeOptions
  func run() async throws { try await options.act("resume", done: "goes on") }
}

/// `scale SERVICE=N`
struct Scale: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run another number of instances of a service.")
  @OptionGroup var lab: LabOptions
  @Argument(help: "SERVICE=N with N from 0 to 250.") var change: String

  func run() async throws {
    let parts = change.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let count = Int(parts[1]) else {
      throw EngineError("\(change): say SERVICE=N, such as inventory=50", code: .usage)
    }
    try await lab.controller().scale(String(parts[0]), to: count)
    Console.note("\(parts[0]) has \(count) instances")
  }
}

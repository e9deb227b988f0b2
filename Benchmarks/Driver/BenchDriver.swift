import ArgumentParser

/// What the benchmarks run of ours that is no service: the clients alone, and the load generator.
@main struct BenchDriver: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-driver", abstract: "Loops of Firedrill's own parts, for the benchmarks.",
    subcommands: [PostgresLoop.self, RedisLoop.self, StallLoop.self, OpenLoad.self, ClosedLoad.self, PureParts.self])
}

/// How long and how wide.
struct LoopOptions: ParsableArguments {
  @Option(help: "Connections.") var connections = 1
  @Option(help: "Tasks for each connection, each with one thing under way.") var depth = 1
  @Option(help: "Seconds.") var seconds = 2.0

  var tasks: Int { connections * depth }
  var length: Duration { .milliseconds(Int(seconds * 1000)) }
}

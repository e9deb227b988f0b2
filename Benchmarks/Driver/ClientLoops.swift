import ArgumentParser
import Clients
import Foundation
import Logging

/// Statements of one row by key, as many as go.
struct PostgresLoop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "postgres")
  @OptionGroup var server: ServerOptions
  @OptionGroup var loop: LoopOptions

  func run() async throws {
    let client = server.client(connections: loop.connections)
    let service = Task { try await client.run() }
    defer { service.cancel() }
    try await Turns.report(loop) { _ in try await client.query(ServerOptions.product) }
  }
}

/// Which Postgres; PGPASSWORD has the password.
struct ServerOptions: ParsableArguments {
  @Option var host: String
  @Option var user: String
  @Option var database: String

  /// One row by key.
  static let product = PostgresQuery(
    sql: "SELECT sku, name, price_cents FROM inventory.products WHERE sku = $1", binds: ["SKU-0001".postgresValue])

  /// A client with so many connections, for a server of another name too.
  func client(connections: Int, host: String? = nil) -> PostgresClient {
    PostgresClient(
      PostgresConfiguration(
        host: host ?? self.host, database: database, user: user,
        password: ProcessInfo.processInfo.environment["PGPASSWORD"]),
      pool: PoolSettings(name: "bench", max: connections, minIdle: connections), logger: Logger(label: "bench"))
  }
}

/// GETs of one key, as many as go.
struct RedisLoop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "redis")
  @Option var host: String
  @Option var key: String
  @OptionGroup var loop: LoopOptions

  func run() async throws {
    let client = RedisClient(
      RedisConfiguration(
        host: host, password: ProcessInfo.processInfo.environment["REDISCLI_AUTH"], connections: loop.connections),
      logger: Logger(label: "bench"))
    let service = Task { try await client.run() }
    defer { service.cancel() }
    let deadline = ContinuousClock.now + .seconds(5)
    while await !client.isConnected, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    try await Turns.report(loop) { _ in _ = try await client.get(key) }
  }
}

/// So many tasks, each with one thing under way, until the time is over.
enum Turns {
  /// Does each once before, then counts: prints how many a second, and their number.
  static func report(_ loop: LoopOptions, _ turn: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<loop.tasks { group.addTask { try await turn(number) } }
      try await group.waitForAll()
    }
    let begin = ContinuousClock.now
    let end = begin + loop.length
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<loop.tasks {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            try await turn(number)
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    print("{\"count\": \(count), \"rate\": \(Double(count) / seconds)}")
  }
}

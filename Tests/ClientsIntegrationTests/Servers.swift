import Clients
import Logging
import Metrics
import TestServers
import Testing

/// One Postgres for all tests that do not harm it; it ends with the test process.
enum Shared {
  static let postgres = Task { try await TestPostgres.start(settings: ["max_connections": "200"]) }

  static func configuration(
    _ server: TestPostgres, statements: PostgresConfiguration.Statements = .prepared,
    statementTimeout: Duration? = .seconds(30), name: String = "test", parameters: [String: String] = [:]
  ) -> PostgresConfiguration {
    PostgresConfiguration(
      host: server.address, port: server.port, database: "postgres", user: "postgres", password: server.password,
      applicationName: name, statements: statements, statementTimeout: statementTimeout, parameters: parameters)
  }

  /// A pool with the patience that a busy machine needs.
  static func pool(
    _ name: String = "test", max: Int = 10, minIdle: Int = 0, idleTimeout: Duration = .zero,
    acquireTimeout: Duration = .seconds(30)
  ) -> PoolSettings {
    PoolSettings(
      name: name, max: max, minIdle: minIdle, idleTimeout: idleTimeout, acquireTimeout: acquireTimeout,
      connectTimeout: .seconds(30))
  }

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Opens a connection for `body`, with the patience that a busy machine needs.
@discardableResult
func withConnection<R>(
  _ configuration: PostgresConfiguration, _ body: (PostgresConnection) async throws -> R
) async throws -> R {
  try await PostgresConnection.with(configuration, connectTimeout: .seconds(30), body)
}

/// Lends a client with a pool, and closes the pool afterwards.
func withClient<R>(
  _ configuration: PostgresConfiguration, _ settings: PoolSettings = Shared.pool(),
  metrics: any MetricsFactory = MetricsSystem.factory, _ body: (PostgresClient) async throws -> R
) async throws -> R {
  let client = PostgresClient(configuration, pool: settings, logger: Shared.logger, metrics: metrics)
  do {
    let value = try await body(client)
    await client.pool.shutDown()
    return value
  } catch {
    await client.pool.shutDown()
    throw error
  }
}

/// The Postgres error that `body` throws.
func postgresError<R>(_ body: () async throws -> R) async throws -> PostgresError {
  try #require(await #expect(throws: PostgresError.self) { _ = try await body() })
}

import Clients
import Logging
import TestServers
import Testing

/// One Postgres for all tests that do not harm it; it ends with the test process.
enum Shared {
  static let postgres = Task { try await TestPostgres.start(settings: ["max_connections": "200"]) }

  static func configuration(
    _ server: TestPostgres, statements: PostgresConfiguration.Statements = .prepared,
    statementTimeout: Duration? = .seconds(10), name: String = "test", parameters: [String: String] = [:]
  ) -> PostgresConfiguration {
    PostgresConfiguration(
      host: server.address, port: server.port, database: "postgres", user: "postgres", password: server.password,
      applicationName: name, statements: statements, statementTimeout: statementTimeout, parameters: parameters)
  }

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Lends a client with a pool, and closes the pool afterwards.
func withClient<R>(
  _ configuration: PostgresConfiguration, _ settings: PoolSettings = PoolSettings(name: "test"),
  _ body: (PostgresClient) async throws -> R
) async throws -> R {
  let client = PostgresClient(configuration, pool: settings, logger: Shared.logger)
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
func postgresError(_ body: () async throws -> Void) async throws -> PostgresError {
  try #require(await #expect(throws: PostgresError.self) { try await body() })
}

import Clients
import TestServers
import Testing

/// Through a pooler in transaction mode: what unnamed statements are for.
@Suite struct PgBouncerTests {
  /// Runs 101 clients of one connection each; gives the SQLSTATEs of what failed.
  func failures(_ statements: PostgresConfiguration.Statements, _ pooler: TestPgBouncer) async throws -> [String] {
    let configuration = PostgresConfiguration(
      host: pooler.address, port: pooler.port, database: "postgres", user: "postgres", statements: statements,
      statementTimeout: .seconds(20))
    let settings = Shared.pool("bounced", max: 1, acquireTimeout: .seconds(20))
    let clients = (0..<101).map { _ in PostgresClient(configuration, pool: settings, logger: Shared.logger) }
    let failures = await withTaskGroup(of: [String].self) { group in
      for (index, client) in clients.enumerated() {
        group.addTask {
          var failures: [String] = []
          for number in 0..<10 {
            do {
              let rows = try await client.query("SELECT \(index) + \(number)")
              if try rows.decode(Int.self) != [index + number] { failures.append("wrong answer") }
              try await client.withTransaction { try await $0.query("SELECT \(number)") }
            } catch { failures.append((error as? PostgresError)?.sqlState ?? "\(error)") }
          }
          return failures
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    for client in clients { await client.pool.shutDown() }
    return failures
  }

  @Test func unnamedStatementsOf101ClientsNeverFail() async throws {
    let pooler = try await TestPgBouncer.start(for: Shared.postgres.value)
    #expect(try await failures(.unnamed, pooler).isEmpty)
    await pooler.stop()
  }

  @Test func preparedStatementsDoFail() async throws {
    let pooler = try await TestPgBouncer.start(for: Shared.postgres.value)
    let states = Set(try await failures(.prepared, pooler))
    #expect(!states.isEmpty && states.isSubset(of: ["26000", "42P05", "08P01", "25P02"]), "\(states)")
    await pooler.stop()
  }

  @Test func deadlinesReachTheServerThroughThePooler() async throws {
    let server = try await Shared.postgres.value
    let pooler = try await TestPgBouncer.start(for: server)
    let configuration = PostgresConfiguration(
      host: pooler.address, port: pooler.port, database: "postgres", user: "postgres", statements: .unnamed)
    try await withClient(configuration) { client in
      try await eventually("a connection is open") { (try? await client.query("SELECT 1")) != nil }
      let error = try await postgresError { try await client.query("SELECT pg_sleep(21)", timeout: .milliseconds(100)) }
      #expect(error.code == .queryTimedOut)
      try await withConnection(Shared.configuration(server)) { observer in
        let active = try await observer.query(
          """
          SELECT count(*) FROM pg_stat_activity
          WHERE query LIKE '%pg_sleep(21)%' AND state = 'active' AND pid <> pg_backend_pid()
          """
        )
        #expect(try active.decode(Int.self) == [0])
      }
      #expect(try await client.query("SELECT 1").count == 1)
    }
    await pooler.stop()
  }

  @Test func aRefusalOfThePoolerIsReported() async throws {
    let pooler = try await TestPgBouncer.start(for: Shared.postgres.value, settings: ["max_client_conn": "1"])
    let configuration = PostgresConfiguration(
      host: pooler.address, port: pooler.port, database: "postgres", user: "postgres", statements: .unnamed)
    var holder: PostgresConnection?
    // The only place is taken for a moment by the look whether the pooler accepts.
    try await eventually("the place is ours") {
      holder = try? await PostgresConnection.connect(configuration, timeout: .seconds(30))
      return holder != nil
    }
    let error = try await postgresError { try await withConnection(configuration) { _ in } }
    #expect(error.code == .connectionRefused && error.message.contains("no more connections allowed"), "\(error)")
    await holder?.close()
    await pooler.stop()
  }
}

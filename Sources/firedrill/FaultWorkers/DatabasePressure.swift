import Clients

/// `slow-queries`: sessions that each ask for something that keeps a processor of the server busy for a second or more,
/// again and again, until the worker is ended.
enum SlowQueries {
  /// Uses a processor, and neither memory nor disk: rows are made one at a time, and forgotten.
  private static let sql = "SELECT count(md5(n::text)) FROM (SELECT generate_series(1, 3000000) AS n) AS report"

  @Sendable static func work(_ order: FaultOrder) async throws {
    let count = try order.number("count")
    try await PressureSession.run(order, name: "report", sessions: count, ready: "\(count) sessions ask") {
      try await $0.simpleQuery(sql, timeout: patience)
    }
  }
}

/// A crowded server takes its time.
private let patience: Duration = .seconds(120)

/// `background-job`: work beside the shop, again and again, until the worker is ended.
///
/// - `dump` reads every table of the database whole, in one transaction, as a backup does.
/// - `import` commits row after row, so that each waits for the disk. Its rows stay in the log and reach no table:
///   there is nothing to undo.
enum BackgroundJob {
  private static let tables = """
    SELECT format('SELECT sum(length(t::text)) FROM %I.%I AS t', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
    """

  @Sendable static func work(_ order: FaultOrder) async throws {
    let isDump = try order.text("job") == "dump"
    try await PressureSession.run(order, name: "job", sessions: 1, ready: "the job is at work") { session in
      guard isDump else {
        _ = try await session.simpleQuery("SELECT pg_logical_emit_message(true, 'import', repeat('row ', 1000))")
        return
      }
      try await session.simpleQuery("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
      for row in try await session.simpleQuery(tables).rows {
        if let sql = row.first ?? nil { try await session.simpleQuery(sql, timeout: patience) }
      }
      try await session.simpleQuery("COMMIT")
    }
  }
}

private enum PressureSession {
  /// The server ends what nobody waits for any more: without this, a query outlives the worker.
  private static let own = "SET client_connection_check_interval = '200ms'; SET statement_timeout = 0"

  /// Says `ready` when the first session is open, and repeats `turn` in each until the worker is ended.
  static func run(
    _ order: FaultOrder, name: String, sessions: Int, ready: String,
    _ turn: @escaping @Sendable (PostgresConnection) async throws -> Void
  ) async throws {
    let configuration = PostgresConfiguration(
      host: try order.text("host"), database: try order.text("database"), user: "postgres", password: order.secret,
      applicationName: name, statements: .unnamed)
    try await PostgresConnection.with(configuration) { try await $0.simpleQuery(own) }
    FaultOrder.ready(ready)
    await withDiscardingTaskGroup { group in
      for _ in 0..<sessions {
        group.addTask {
          while !Task.isCancelled {
            // A server that is being restarted refuses: the next turn tries again.
            try? await PostgresConnection.with(configuration) { session in
              try await session.simpleQuery(own)
              while !Task.isCancelled { try await turn(session) }
            }
            try? await Task.sleep(for: .milliseconds(200))
          }
        }
      }
    }
  }
}

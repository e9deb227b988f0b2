import Clients

/// `hold-row`: keeps the stock of one product locked, as a session that was forgotten does, until the worker is ended.
enum HoldRow {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let sku = try order.text("sku")
    try await PostgresConnection.with(try LockSession.configuration(order)) { session in
      try await session.simpleQuery("\(LockSession.own); BEGIN")
      let found = try await session.query(
        PostgresQuery(sql: "SELECT sku FROM inventory.stock WHERE sku = $1 FOR UPDATE", binds: [sku.postgresValue]))
      guard found.count == 1 else { throw FaultWorkerError(description: "there is no product \(sku)") }
      FaultOrder.ready("\(sku) is held")
      await FaultOrder.untilEnded()
    }
  }
}

/// `deadlocks`: two sessions of the worker's own that wait for each other in a circle, again and again.
///
/// They lock numbers that nobody else knows (advisory locks), so nobody of the shop waits for them; the server counts
/// and logs their deadlocks as any others.
enum Deadlocks {
  private static let pause: Duration = .milliseconds(700)

  @Sendable static func work(_ order: FaultOrder) async throws {
    let configuration = try LockSession.configuration(order)
    let first = Int64.random(in: (1 << 40)...(1 << 60))
    FaultOrder.ready("two sessions lock crosswise")
    while !Task.isCancelled {
      // A server that is being restarted refuses: the next turn tries again.
      try? await meet(configuration, first, first + 1)
      try? await Task.sleep(for: pause)
    }
  }

  private static func meet(_ configuration: PostgresConfiguration, _ first: Int64, _ second: Int64) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (own, other) in [(first, second), (second, first)] {
        group.addTask {
          try await PostgresConnection.with(configuration) { session in
            try await session.simpleQuery("\(LockSession.own); BEGIN; SELECT pg_advisory_xact_lock(\(own))")
            // Time for the other to have theirs as well.
            try await Task.sleep(for: .milliseconds(100))
            // One of both loses; a session that ends reports at once what it counted.
            _ = try? await session.simpleQuery("SELECT pg_advisory_xact_lock(\(other))", timeout: .seconds(5))
            try await session.simpleQuery("ROLLBACK")
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

private enum LockSession {
  /// What is true of the worker's sessions, whatever the server's settings are; a superuser may say so.
  static let own = """
    SET deadlock_timeout = '300ms'; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; \
    SET lock_timeout = 0; SET statement_timeout = 0
    """

  static func configuration(_ order: FaultOrder) throws -> PostgresConfiguration {
    PostgresConfiguration(
      host: try order.text("host"), database: try order.text("database"), user: "postgres", password: order.secret,
      applicationName: "other", statements: .unnamed)
  }
}

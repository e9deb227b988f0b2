import Clients
import TestServers
import Testing

/// Transactions end as promised, and never leak into the pool.
@Suite struct PostgresTransactionTests {
  struct Mishap: Error {}

  actor Counter {
    var value = 0
    func add() { value += 1 }
  }

  func count(_ table: String, _ client: PostgresClient) async throws -> Int {
    try #require(try await client.query("SELECT count(*) FROM \(unescaped: table)").decode(Int.self).first)
  }

  func withTable<R>(
    _ table: String, max: Int = 2, _ body: (PostgresClient) async throws -> R
  ) async throws -> R {
    let configuration = Shared.configuration(try await Shared.postgres.value, name: table)
    return try await withClient(configuration, Shared.pool(table, max: max)) { client in
      try await client.simpleQuery("DROP TABLE IF EXISTS \(table); CREATE TABLE \(table) (n int UNIQUE DEFERRABLE)")
      return try await body(client)
    }
  }

  @Test func commitsWhatReturns() async throws {
    try await withTable("t_commit") { client in
      let value = try await client.withTransaction { connection in
        try await connection.query("INSERT INTO t_commit VALUES (\(1))")
        return "kept"
      }
      #expect(value == "kept")
      #expect(try await count("t_commit", client) == 1)
    }
  }

  @Test func rollsBackWhatThrows() async throws {
    try await withTable("t_rollback") { client in
      await #expect(throws: Mishap.self) {
        try await client.withTransaction { connection in
          try await connection.query("INSERT INTO t_rollback VALUES (\(1))")
          throw Mishap()
        }
      }
      let left = try await count("t_rollback", client)
      #expect(left == 0)
      #expect(await client.statistics.closed == 0, "a confirmed rollback keeps the connection")
    }
  }

  @Test func aSwallowedErrorIsNotACommit() async throws {
    try await withTable("t_swallowed") { client in
      let error = try await postgresError {
        try await client.withTransaction { connection in
          try await connection.query("INSERT INTO t_swallowed VALUES (\(1))")
          _ = try? await connection.query("SELECT 1 / 0")
        }
      }
      #expect(error.code == .transactionRolledBack)
      #expect(try await count("t_swallowed", client) == 0)
    }
  }

  @Test func aConstraintCheckedAtCommitFailsTheTransaction() async throws {
    try await withTable("t_deferred") { client in
      let error = try await postgresError {
        try await client.withTransaction { connection in
          try await connection.simpleQuery("SET CONSTRAINTS ALL DEFERRED")
          try await connection.query("INSERT INTO t_deferred VALUES (1), (1)")
        }
      }
      #expect(error.code == .uniqueViolation)
      #expect(try await count("t_deferred", client) == 0)
    }
  }

  @Test func isolationAndReadOnly() async throws {
    try await withTable("t_modes") { client in
      let level = try await client.withTransaction(isolation: .serializable) { connection in
        try await connection.query("SHOW transaction_isolation").decode(String.self)
      }
      #expect(level == ["serializable"])
      let error = try await postgresError {
        try await client.withTransaction(readOnly: true) { try await $0.query("INSERT INTO t_modes VALUES (1)") }
      }
      #expect(error.code == .readOnlyTransaction)
    }
  }

  @Test func transactionsDoNotNest() async throws {
    try await withTable("t_nested") { client in
      let error = try await postgresError {
        try await client.withTransaction { connection in
          try await connection.query("INSERT INTO t_nested VALUES (1)")
          try await connection.withTransaction { _ in }
        }
      }
      #expect(error.code == .unsupported)
      #expect(try await count("t_nested", client) == 0)
    }
  }

  @Test func cancelledInsideATransactionNothingLeaks() async throws {
    try await withTable("t_cancelled", max: 1) { client in
      for milliseconds in [0, 1, 2, 5, 10, 30] {
        let task = Task {
          try await client.withTransaction { connection in
            try await connection.query("INSERT INTO t_cancelled VALUES (\(1))")
            try await connection.query("SELECT pg_sleep(20)")
          }
        }
        try? await Task.sleep(for: .milliseconds(milliseconds))
        task.cancel()
        await #expect(throws: PostgresError.self) { try await task.value }
        // The pool's only connection must be outside any transaction now.
        let state = try await client.query(
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = 't_cancelled' AND state LIKE 'idle in trans%'"
        )
        #expect(try state.decode(Int.self) == [0])
        #expect(try await count("t_cancelled", client) == 0)
      }
    }
  }

  @Test func aDeadlineInsideATransactionRollsBack() async throws {
    try await withTable("t_deadline", max: 1) { client in
      let error = try await postgresError {
        try await client.withTransaction { connection in
          try await connection.query("INSERT INTO t_deadline VALUES (\(1))")
          try await connection.query("SELECT pg_sleep(20)", timeout: .milliseconds(50))
        }
      }
      #expect(error.code == .queryTimedOut)
      #expect(try await count("t_deadline", client) == 0)
    }
  }

  @Test func aTransactionLeftOpenClosesTheConnection() async throws {
    try await withTable("t_open", max: 1) { client in
      let first = try await client.withConnection { connection in
        try await connection.simpleQuery("BEGIN; INSERT INTO t_open VALUES (1)")
        return try await connection.query("SELECT pg_backend_pid()").decode(Int.self)
      }
      #expect(try await client.query("SELECT pg_backend_pid()").decode(Int.self) != first)
      #expect(try await count("t_open", client) == 0)
      #expect(await client.statistics.closed == 1)
    }
  }

  @Test func aStatementStillUnderWayClosesTheConnection() async throws {
    try await withTable("t_busy", max: 1) { client in
      let stray = try await client.withConnection { connection in
        Task { try await connection.query("SELECT pg_sleep(20)") }
      }
      // The task may come before or after the end of the scope.
      await #expect(throws: PostgresError.self) { try await stray.value }
      #expect(try await client.query("SELECT 1").count == 1)
    }
  }

  @Test func aConnectionKeptBeyondItsScopeIsRefused() async throws {
    try await withTable("t_kept") { client in
      let kept = try await client.withConnection { $0 }
      try await eventually("it is taken back") { await client.statistics.inUse == 0 }
      #expect(try await postgresError { try await kept.query("SELECT 1") }.code == .connectionReleased)
    }
  }

  @Test func aSessionEndedBeforeCommitIsAnUnknownOutcome() async throws {
    try await withTable("t_unknown") { client in
      let error = try await postgresError {
        try await client.withTransaction { connection in
          let pid = try await connection.query("SELECT pg_backend_pid()").decode(Int32.self)[0]
          try await client.query("SELECT pg_terminate_backend(\(pid))")
          try await eventually("it is gone") {
            try await client.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").isEmpty
          }
        }
      }
      #expect([.commitUnknown, .connectionClosed].contains(error.code))
      #expect(try await count("t_unknown", client) == 0)
    }
  }

  @Test func deadlocksAreReportedAsSuch() async throws {
    try await withTable("t_deadlock") { client in
      try await client.simpleQuery("INSERT INTO t_deadlock VALUES (1), (2)")
      let holders = Counter()
      func lock(_ first: Int, _ second: Int) async -> PostgresError.Code? {
        do {
          try await client.withTransaction { connection in
            try await connection.query("SELECT * FROM t_deadlock WHERE n = \(first) FOR UPDATE")
            await holders.add()
            try await eventually("both hold one") { await holders.value == 2 }
            try await connection.query("SELECT * FROM t_deadlock WHERE n = \(second) FOR UPDATE")
          }
          return nil
        } catch { return (error as? PostgresError)?.code }
      }
      async let one = lock(1, 2)
      async let two = lock(2, 1)
      let codes = await [one, two]
      #expect(codes.compactMap { $0 } == [.deadlockDetected])
    }
  }
}

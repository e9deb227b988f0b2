import Clients
import Glibc
import TestServers
import Testing

/// Statements, their errors, and their ends before time.
@Suite struct PostgresStatementTests {
  /// How many statements of an application are running on the server.
  func running(_ name: String, _ connection: PostgresConnection) async throws -> Int {
    let rows = try await connection.query(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name) AND state <> 'idle'")
    return try #require(rows.first).decode(Int.self)
  }

  @Test(arguments: [
    ("SELEC 1", "syntax_error", "42601"), ("SELECT * FROM absent_table", "undefined_table", "42P01"),
    ("SELECT absent_column", "undefined_column", "42703"), ("SELECT 1 / 0", "server_error", "22012"),
    ("SELECT 'x'::int", "server_error", "22P02"),
  ]) func errorsCarryTheSQLState(_ sql: String, _ code: String, _ state: String) async throws {
    for statements in [PostgresConfiguration.Statements.prepared, .unnamed] {
      let configuration = Shared.configuration(try await Shared.postgres.value, statements: statements)
      try await withConnection(configuration) { connection in
        let error = try await postgresError { try await connection.query(PostgresQuery(sql: sql)) }
        #expect(error.code.description == code && error.sqlState == state)
        #expect(error.message.hasPrefix("ERROR:  "))
        #expect(try await postgresError { try await connection.simpleQuery(sql) }.sqlState == state)
        #expect(try await connection.query("SELECT 1").count == 1)
      }
    }
  }

  @Test func violationsNameTheConstraint() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      try await connection.simpleQuery(
        "CREATE TEMP TABLE parts (id int CONSTRAINT parts_key PRIMARY KEY, "
          + "n int NOT NULL CONSTRAINT positive CHECK (n > 0))"
      )
      #expect(try await connection.query("INSERT INTO parts VALUES (\(1), \(1)), (2, 2)").affectedRows == 2)
      let twice = try await postgresError { try await connection.query("INSERT INTO parts VALUES (\(1), \(1))") }
      #expect(twice.code == .uniqueViolation && twice.constraint == "parts_key")
      #expect(twice.detail == "Key (id)=(1) already exists.")
      let zero = try await postgresError { try await connection.query("INSERT INTO parts VALUES (\(3), \(0))") }
      #expect(zero.code == .checkViolation && zero.constraint == "positive")
      let none = try await postgresError { try await connection.query("INSERT INTO parts VALUES (\(3), NULL)") }
      #expect(none.code == .notNullViolation)
    }
  }

  @Test func statementsFromFilesWithPlaceholders() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      let query = PostgresQuery(sql: "SELECT $2::text || $1::int", binds: [.int(7), "x"])
      let rows = try await connection.query(query)
      #expect(try rows.decode(String.self) == ["x7"])
      let few = PostgresQuery(sql: "SELECT $1::int + $2::int", binds: [1])
      #expect(try await postgresError { try await connection.query(few) }.sqlState == "08P01")
    }
  }

  @Test func simpleQueriesGiveTextAndNames() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      let result = try await connection.simpleQuery("SET work_mem = '1MB'; SELECT 1 AS a, NULL AS b; RESET work_mem")
      #expect(result.columns == ["a", "b"] && result.rows == [["1", nil]])
      #expect(try await connection.simpleQuery("").rows.isEmpty)
      #expect(await connection.parameter("server_version")?.isEmpty == false)
    }
  }

  @Test func aDeadlineCancelsOnTheServer() async throws {
    let server = try await Shared.postgres.value
    try await withConnection(Shared.configuration(server)) { observer in
      try await withClient(Shared.configuration(server, name: "deadline")) { client in
        try await client.query("SELECT pg_sleep(\(0))")
        for _ in 0..<3 {
          let begun = ContinuousClock.now
          let error = try await postgresError {
            try await client.query("SELECT pg_sleep(\(20))", timeout: .milliseconds(100))
          }
          let took = begun.duration(to: .now)
          #expect(error.code == .queryTimedOut && error.sqlState == "57014")
          #expect(took >= .milliseconds(100) && took < .seconds(10))
          #expect(try await running("deadline", observer) == 0)
        }
        #expect(try await client.query("SELECT 1").count == 1)
        #expect(await client.statistics.opened == 1, "a cancelled statement leaves the connection usable")
      }
    }
  }

  @Test func cancellingTheTaskCancelsOnTheServer() async throws {
    let server = try await Shared.postgres.value
    try await withConnection(Shared.configuration(server)) { observer in
      try await withClient(Shared.configuration(server, name: "cancelled")) { client in
        let task = Task { try await client.query("SELECT pg_sleep(20)") }
        try await eventually("it sleeps") { try await running("cancelled", observer) == 1 }
        task.cancel()
        let error = try await postgresError { _ = try await task.value }
        #expect(error.code == .cancelled)
        #expect(try await running("cancelled", observer) == 0)
      }
    }
  }

  @Test func cancellingAtAnyMomentLeavesNothingRunning() async throws {
    let server = try await Shared.postgres.value
    try await withConnection(Shared.configuration(server)) { observer in
      try await withClient(Shared.configuration(server, name: "anytime"), Shared.pool("anytime", max: 4)) { client in
        for microseconds in stride(from: 0, to: 3000, by: 60) {
          let task = Task { try await client.query("SELECT pg_sleep(20)") }
          try? await Task.sleep(for: .microseconds(microseconds))
          task.cancel()
          await #expect(throws: PostgresError.self) { try await task.value }
        }
        try await eventually("nothing runs") { try await running("anytime", observer) == 0 }
        #expect(try await client.query("SELECT 1").count == 1)
      }
    }
  }

  @Test func aFinishedStatementsDeadlineDoesNotHitTheNext() async throws {
    try await withClient(Shared.configuration(Shared.postgres.value), Shared.pool("next", max: 1)) { client in
      var lost = 0
      for index in 0..<200 {
        // The first end after their deadline, the last before it, those between at about it: either outcome is right
        // there, but only for this statement.
        do {
          try await client.withConnection {
            try await $0.query("SELECT pg_sleep(0.002)", timeout: .microseconds(200 + index * 20))
          }
        } catch let error as PostgresError where error.code == .queryTimedOut { lost += 1 }
        #expect(try await client.query("SELECT pg_sleep(0.001)").count == 1)
      }
      #expect(lost > 0)
    }
  }

  @Test func aSilentBackendIsGivenUpAfterTheGrace() async throws {
    let server = try await Shared.postgres.value
    var configuration = Shared.configuration(server)
    configuration.cancelGrace = .milliseconds(200)
    try await withClient(configuration) { client in
      let pid = try await client.query("SELECT pg_backend_pid()").decode(Int32.self)[0]
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      let begun = ContinuousClock.now
      let error = try await postgresError { try await client.query("SELECT 1", timeout: .milliseconds(100)) }
      #expect(error.code == .queryTimedOut)
      #expect(begun.duration(to: .now) < .seconds(10))
      #expect(try await client.query("SELECT 1").count == 1)
      #expect(await client.statistics.closed == 1)
    }
  }

  @Test func statementsOfSeveralTasksTakeTurnsOnOneConnection() async throws {
    let server = try await Shared.postgres.value
    try await withConnection(Shared.configuration(server, name: "turns")) { connection in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask { try await connection.query("SELECT \(number)").decode(Int.self) == [number] }
        }
        for try await isRight in group { #expect(isRight) }
      }
      let sleeper = Task { try await connection.query("SELECT pg_sleep(20)") }
      try await withConnection(Shared.configuration(server)) { observer in
        try await eventually("it sleeps") { try await running("turns", observer) == 1 }
        let error = try await postgresError { try await connection.query("SELECT 1", timeout: .milliseconds(50)) }
        #expect(error.code == .queryTimedOut && error.sqlState == nil, "never sent")
        #expect(try await running("turns", observer) == 1, "it still sleeps")
      }
      sleeper.cancel()
      #expect(try await postgresError { try await sleeper.value }.code == .cancelled)
      #expect(try await connection.query("SELECT 1").count == 1)
    }
  }

  @Test func aChangedTableDoesNotBreakPreparedStatements() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      try await connection.simpleQuery("CREATE TEMP TABLE changing AS SELECT 1 AS a")
      let query: PostgresQuery = "SELECT * FROM changing WHERE a = \(1)"
      #expect(try await connection.query(query).columns.count == 1)
      try await connection.simpleQuery("ALTER TABLE changing ADD COLUMN b int")
      #expect(try await connection.query(query).columns.count == 2)
    }
  }

  @Test func thousandsOfStatementsAreNotAllKeptPrepared() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      for number in 0..<400 {
        let query = PostgresQuery(sql: "SELECT \(number) + $1", binds: [1])
        #expect(try await connection.query(query).decode(Int.self) == [number + 1])
      }
      let prepared = try await connection.query("SELECT count(*) FROM pg_prepared_statements").decode(Int.self)
      #expect(prepared == [256])
    }
  }

  @Test func copyIsRefusedAndTheConnectionClosed() async throws {
    try await withClient(Shared.configuration(Shared.postgres.value)) { client in
      for sql in ["COPY (SELECT 1) TO STDOUT", "COPY pg_description FROM STDIN"] {
        let error = try await postgresError { try await client.simpleQuery(sql) }
        #expect(error.code == .unsupported && error.message.contains("COPY"))
      }
      #expect(try await client.query("SELECT 1").count == 1)
    }
  }

  @Test func manyRows() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      let rows = try await connection.query("SELECT n, 'row ' || n FROM generate_series(1, \(50_000)) n")
      let decoded = try rows.decode((Int, String).self)
      #expect(decoded.count == 50_000 && decoded.last?.0 == 50_000 && decoded.last?.1 == "row 50000")
      #expect(rows.commandTag == "SELECT 50000")
    }
  }
}

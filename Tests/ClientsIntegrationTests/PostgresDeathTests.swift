import Glibc
import TestServers
import Testing

@testable import Clients

/// Servers that stand still or are killed while statements run, and what would kill their connections.
@Suite struct PostgresDeathTests {
  /// Waits until `count` statements of an application run, and gives the processes that run them.
  func running(_ count: Int, _ name: String, _ server: TestPostgres) async throws -> [Int32] {
    try await withConnection(Shared.configuration(server, name: "observer")) { observer in
      var processes: [Int32] = []
      try await eventually("\(count) statements run") {
        processes = try await observer.query(
          "SELECT pid FROM pg_stat_activity WHERE application_name = \(name) AND state = 'active'"
        ).decode(Int32.self)
        return processes.count == count
      }
      return processes
    }
  }

  func sleepers(_ count: Int, _ client: PostgresClient, timeout: Duration? = nil) -> [Task<PostgresError?, Never>] {
    (0..<count).map { _ in
      Task {
        do { try await client.query("SELECT pg_sleep(60)", timeout: timeout) } catch { return error as? PostgresError }
        return nil
      }
    }
  }

  @Test func aFrozenServerDoesNotTakeCancellingFromTheOthers() async throws {
    let well = try await Shared.postgres.value
    try await withPostgres { frozen in
      var configuration = Shared.configuration(frozen, name: "reads")
      configuration.cancelGrace = .milliseconds(300)
      try await withClient(configuration, Shared.pool("frozen")) { client in
        let reads = sleepers(8, client, timeout: .seconds(20))
        _ = try await running(8, "reads", frozen)
        try await frozen.pause()
        for read in reads { read.cancel() }
        for read in reads {
          let error = await read.value
          #expect(error?.code == .cancelled && error?.sqlState == nil, "no server has confirmed it")
        }
        try await withClient(Shared.configuration(well)) { healthy in
          try await healthy.query("SELECT 1")
          let error = try await postgresError {
            try await healthy.query("SELECT pg_sleep(60)", timeout: .milliseconds(100))
          }
          #expect(error.code == .queryTimedOut && error.sqlState == "57014", "cancelled on the server: \(error)")
          #expect(try await healthy.query("SELECT 1").count == 1)
          #expect(await healthy.statistics.opened == 1)
        }
        try await frozen.unpause()
        try await eventually("works again") { (try? await client.query("SELECT 1")) != nil }
      }
    }
  }

  /// No machine has room for the stack, so that pthread_create fails as at a limit of processes.
  @Test func withoutAThreadForTheCancelTheConnectionIsGivenUp() async throws {
    var configuration = Shared.configuration(try await Shared.postgres.value)
    configuration.cancelGrace = .milliseconds(300)
    try await withConnection(configuration) { connection in
      try await connection.query("SELECT 1")
      await connection.cancelBy(BlockingWorker(stackSize: 1 << 62))
      let error = try await postgresError {
        try await connection.query("SELECT pg_sleep(20)", timeout: .milliseconds(100))
      }
      #expect(error.code == .queryTimedOut && error.sqlState == nil)
      #expect((error.cause as? PostgresError)?.code == .connectionClosed)
    }
  }

  @Test func killedUnderItsStatementsTheServerComesBack() async throws {
    try await withPostgres { server in
      try await withClient(Shared.configuration(server, name: "busy"), Shared.pool("busy")) { client in
        let tasks = sleepers(4, client)
        _ = try await running(4, "busy", server)
        let begun = ContinuousClock.now
        try await server.kill()
        for task in tasks {
          let error = await task.value
          #expect(error?.code == .connectionClosed && error?.isUnavailable == true, "\(String(describing: error))")
        }
        #expect(begun.duration(to: .now) < .seconds(15), "their deadline is 30 s")
        try await server.resume()
        try await eventually("works again") { (try? await client.query("SELECT 1")) != nil }
        let statistics = await client.statistics
        #expect(statistics.inUse == 0 && statistics.closed >= 4, "\(statistics)")
      }
    }
  }

  /// The postmaster then ends every other session too, and starts again by itself.
  @Test func oneBackendKilledUnderItsStatement() async throws {
    try await withPostgres { server in
      try await withClient(Shared.configuration(server, name: "busy"), Shared.pool("busy")) { client in
        let tasks = sleepers(4, client)
        let processes = try await running(4, "busy", server)
        let begun = ContinuousClock.now
        kill(processes[0], SIGKILL)
        var states: [String?] = []
        for task in tasks {
          let error = await task.value
          #expect(error?.code == .connectionClosed, "\(String(describing: error))")
          states.append(error?.sqlState)
        }
        #expect(states.contains(nil), "the killed one could not say anything")
        #expect(begun.duration(to: .now) < .seconds(15), "their deadline is 30 s")
        try await eventually("works again") { (try? await client.query("SELECT 1")) != nil }
        #expect(await client.statistics.inUse == 0)
      }
    }
  }

  /// The gibibyte is made of binds that share their memory.
  @Test func aGibibyteIsRefusedUnsent() async throws {
    try await withConnection(Shared.configuration(Shared.postgres.value)) { connection in
      let process = try await connection.query("SELECT pg_backend_pid()").decode(Int32.self)
      let part = String(repeating: String(repeating: "x", count: 1024), count: 65_536)
      var binds = [PostgresValue](repeating: .text(part), count: 15)
      binds.append(.text(String(part.dropLast(8))))
      // The values alone would fit into a message.
      #expect(binds.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) } < EncodedQuery.largestMessage)
      let sql = "SELECT length(concat(" + (1...16).map { "$\($0)::text" }.joined(separator: ", ") + "))"
      let error = try await postgresError { try await connection.query(PostgresQuery(sql: sql, binds: binds)) }
      #expect(error.code == .invalidValue, "\(error)")
      #expect(error.message.hasSuffix("Postgres takes at most 1073741822"), "\(error)")
      #expect(try await connection.query("SELECT pg_backend_pid()").decode(Int32.self) == process)
    }
  }
}

extension PostgresConnection {
  /// Sends the cancel requests another way.
  func cancelBy(_ worker: BlockingWorker) { session?.cancels = worker }
}

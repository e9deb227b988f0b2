import Clients
import Glibc
import Logging
import ServiceLifecycle
import TestServers
import Testing

/// The pool against servers that refuse, restart, and end sessions.
@Suite struct PostgresPoolTests {
  func terminate(_ name: String, _ server: TestPostgres) async throws -> Int {
    try await withConnection(Shared.configuration(server, name: "terminator")) { connection in
      try await connection.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(name)"
      ).count
    }
  }

  @Test func opensWhatIsToBeKeptAndKeepsIt() async throws {
    let server = try await Shared.postgres.value
    let settings = Shared.pool("kept", max: 4, minIdle: 2, idleTimeout: .milliseconds(50))
    try await withClient(Shared.configuration(server, name: "kept"), settings) { client in
      await client.pool.start()
      try await eventually("two are open") { await client.statistics.idle == 2 }
      #expect(try await terminate("kept", server) == 2)
      try await eventually("they are replaced") {
        let now = await client.statistics
        return now.closed == 2 && now.idle == 2 && now.opened == 4
      }
      #expect(try await client.query("SELECT 1").count == 1)
    }
  }

  @Test func idleConnectionsAreGivenBackOnTime() async throws {
    let settings = Shared.pool("given-back", max: 4, idleTimeout: .milliseconds(100))
    try await withClient(Shared.configuration(Shared.postgres.value), settings) { client in
      try await client.query("SELECT 1")
      let begun = ContinuousClock.now
      #expect(await client.statistics.idle == 1)
      try await eventually("it is closed", within: 10) { await client.statistics.idle == 0 }
      #expect((.milliseconds(90) ... .seconds(10)).contains(begun.duration(to: .now)))
    }
  }

  @Test func aSessionEndedWhileIdleIsNotLent() async throws {
    let server = try await Shared.postgres.value
    try await withClient(Shared.configuration(server, name: "ended")) { client in
      for _ in 0..<20 {
        let pid = try await client.query("SELECT pg_backend_pid()").decode(Int32.self)[0]
        #expect(try await terminate("ended", server) == 1)
        try await withConnection(Shared.configuration(server)) { observer in
          try await eventually("it is gone") {
            try await observer.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").isEmpty
          }
        }
        #expect(try await client.query("SELECT 1").count == 1)
      }
    }
  }

  @Test func aSessionEndedUnderAStatementIsAClearError() async throws {
    let server = try await Shared.postgres.value
    try await withClient(Shared.configuration(server, name: "killed")) { client in
      let task = Task { try await client.query("SELECT pg_sleep(20)") }
      try await eventually("it runs") { await client.statistics.inUse == 1 }
      try await eventually("it is ended") { try await terminate("killed", server) == 1 }
      let error = try await postgresError { _ = try await task.value }
      #expect(error.code == .connectionClosed && error.sqlState == "57P01")
      #expect(error.message == "FATAL:  terminating connection due to administrator command")
      #expect(try await client.query("SELECT 1").count == 1)
    }
  }

  @Test func survivesARestartOfTheServer() async throws {
    try await withPostgres { server in
      let settings = Shared.pool("restart", max: 3, minIdle: 1, acquireTimeout: .seconds(1))
      try await withClient(Shared.configuration(server), settings) { client in
        for _ in 0..<2 {
          try await eventually("works") { (try? await client.query("SELECT 1")) != nil }
          try await server.halt()
          let error = try await postgresError { try await client.query("SELECT 1") }
          #expect(error.isUnavailable && error.code == .connectionRefused, "\(error)")
          #expect(error.message.contains("Connection refused"))
          try await server.resume()
          try await eventually("works again", within: 20) { (try? await client.query("SELECT 1")) != nil }
        }
        try await server.kill()
        _ = try? await client.query("SELECT 1")
        try await server.resume()
        try await eventually("works again", within: 10) { (try? await client.query("SELECT 1")) != nil }
      }
    }
  }

  @Test func aFullServerIsReportedInItsOwnWords() async throws {
    try await withPostgres(settings: ["max_connections": "4", "superuser_reserved_connections": "0"]) { server in
      let full = Shared.pool("full", max: 4, minIdle: 4)
      try await withClient(Shared.configuration(server, name: "full"), full) { holder in
        await holder.pool.start()
        try await eventually("all slots are taken") { await holder.statistics.idle == 4 }
        let direct = try await postgresError {
          try await withConnection(Shared.configuration(server)) { _ in }
        }
        #expect(direct.code == .tooManyConnections && direct.sqlState == "53300")
        #expect(direct.message == "FATAL:  sorry, too many clients already")

        let settings = Shared.pool("late", max: 2, acquireTimeout: .seconds(1))
        try await withClient(Shared.configuration(server), settings) { late in
          let begun = ContinuousClock.now
          let error = try await postgresError { try await late.query("SELECT 1") }
          #expect(error.code == .tooManyConnections && error.sqlState == "53300" && error.cause != nil)
          #expect(error.message == "FATAL:  sorry, too many clients already")
          #expect(begun.duration(to: .now) > .milliseconds(999), "it went on trying")
          #expect(await late.statistics.timeouts == 1)

          // A walsender has slots of its own, and understands only the simple protocol.
          let replication = Shared.configuration(server, parameters: ["replication": "database"])
          try await withConnection(replication) { connection in
            let shown = try await connection.simpleQuery("SHOW max_connections")
            #expect(shown.columns == ["max_connections"] && shown.rows == [["4"]])
            let busy = try await connection.simpleQuery(
              "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            #expect(busy.rows == [["4"]])
          }

          await holder.pool.shutDown()
          try await eventually("a slot is free", within: 20) { (try? await late.query("SELECT 1")) != nil }
        }
      }
    }
  }

  @Test func aBusyPoolTimesOut() async throws {
    let settings = Shared.pool("busy", max: 1, acquireTimeout: .milliseconds(200))
    try await withClient(Shared.configuration(Shared.postgres.value), settings) { client in
      try await eventually("it is open") { (try? await client.query("SELECT 1")) != nil }
      let before = await client.statistics.timeouts
      try await client.withConnection { _ in
        let begun = ContinuousClock.now
        let error = try await postgresError { try await client.query("SELECT 1") }
        #expect(error.code == .poolTimeout && !error.isUnavailable)
        #expect((.milliseconds(200) ... .seconds(10)).contains(begun.duration(to: .now)))
      }
      #expect(await client.statistics.timeouts == before + 1)
    }
  }

  @Test func waitersAreServedInOrder() async throws {
    let settings = Shared.pool("ordered", max: 1, acquireTimeout: .seconds(20))
    try await withClient(Shared.configuration(Shared.postgres.value), settings) { client in
      let order = Order()
      try await client.query("SELECT 1")
      var tasks: [Task<Void, any Error>] = []
      try await client.withConnection { _ in
        for number in 0..<20 {
          tasks.append(Task { try await client.withConnection { _ in await order.add(number) } })
          try await eventually("it waits") { await client.statistics.waiting == number + 1 }
        }
        tasks[3].cancel()
        try await eventually("it left") { await client.statistics.waiting == 19 }
      }
      for (number, task) in tasks.enumerated() where number != 3 { try await task.value }
      #expect(await order.numbers == (0..<20).filter { $0 != 3 })
      #expect(await client.statistics.opened == 1)
    }
  }

  actor Order {
    var numbers: [Int] = []
    func add(_ number: Int) { numbers.append(number) }
  }

  @Test func manyTasksShareFewConnections() async throws {
    let settings = Shared.pool("many", max: 5, acquireTimeout: .seconds(20))
    try await withClient(Shared.configuration(Shared.postgres.value), settings) { client in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for task in 0..<50 {
          group.addTask {
            var sum = 0
            for number in 0..<40 {
              sum += try await client.query("SELECT \(task) * 1000 + \(number)").decode(Int.self)[0] - task * 1000
            }
            return sum
          }
        }
        for try await sum in group { #expect(sum == 780) }
      }
      let statistics = await client.statistics
      #expect(statistics.opened == 5 && statistics.closed == 0 && statistics.acquired == 2000 && statistics.inUse == 0)
    }
  }

  @Test func aWrongPasswordIsNotMistakenForAFullServer() async throws {
    try await withPostgres(password: "right") { server in
      try await withConnection(Shared.configuration(server)) { try await $0.query("SELECT 1") }
      var configuration = Shared.configuration(server)
      configuration.password = "wrong"
      let error = try await postgresError { try await withConnection(configuration) { _ in } }
      #expect(error.code == .authenticationFailed && error.sqlState == "28P01")
      #expect(error.message == "FATAL:  password authentication failed for user \"postgres\"")
      #expect(!"\(error)".contains("wrong"))
    }
  }

  @Test func aServerThatDoesNotAnswerTimesOut() async throws {
    let listener = try SilentListener()
    let configuration = PostgresConfiguration(
      host: listener.address, port: listener.port, database: "x", user: "x")
    let begun = ContinuousClock.now
    let error = try await postgresError {
      try await PostgresConnection.with(configuration, connectTimeout: .milliseconds(150)) { _ in }
    }
    #expect(error.code == .connectTimedOut)
    #expect((.milliseconds(150) ... .seconds(10)).contains(begun.duration(to: .now)))
    let task = Task { try await PostgresConnection.with(configuration) { _ in } }
    task.cancel()
    #expect(try await postgresError { try await task.value }.code == .cancelled)
  }

  @Test func anUnknownNameIsReported() async throws {
    let configuration = PostgresConfiguration(host: "no-such-host.invalid", database: "x", user: "x")
    let error = try await postgresError {
      try await PostgresConnection.with(configuration, connectTimeout: .seconds(10)) { _ in }
    }
    #expect(error.code == .connectionRefused && error.message.contains("no-such-host.invalid"))
  }

  @Test func aGracefulShutdownWaitsForThoseInUse() async throws {
    let server = try await Shared.postgres.value
    let settings = Shared.pool("graceful", max: 2, minIdle: 2)
    let client = PostgresClient(Shared.configuration(server, name: "graceful"), pool: settings, logger: Shared.logger)
    let group = ServiceGroup(services: [client], logger: Shared.logger)
    let running = Task { try await group.run() }
    try await eventually("two are open") { await client.statistics.idle == 2 }
    let task = Task { try await client.query("SELECT pg_sleep(0.3)") }
    try await eventually("one is used") { await client.statistics.inUse == 1 }
    await group.triggerGracefulShutdown()
    try await eventually("new callers are refused") {
      do { try await client.query("SELECT 1") } catch let error as PostgresError { return error.code == .poolClosed }
      return false
    }
    #expect(try await task.value.count == 1)
    try await running.value
    let statistics = await client.statistics
    #expect(statistics.inUse == 0 && statistics.idle == 0 && statistics.closed == 2)
  }

  @Test func aShutdownDoesNotWaitForEver() async throws {
    let settings = PoolSettings(
      name: "impatient", max: 1, acquireTimeout: .seconds(30), shutdownTimeout: .milliseconds(100))
    let client = PostgresClient(
      Shared.configuration(try await Shared.postgres.value), pool: settings, logger: Shared.logger)
    let task = Task { try await client.query("SELECT pg_sleep(20)") }
    try await eventually("it is used") { await client.statistics.inUse == 1 }
    let begun = ContinuousClock.now
    await client.pool.shutDown()
    #expect(begun.duration(to: .now) < .seconds(10))
    #expect(try await postgresError { _ = try await task.value }.code == .connectionClosed)
  }
}

/// Accepts connections into its backlog and never says anything.
struct SilentListener: ~Copyable {
  let address = "127.0.0.1"
  let port: Int
  private let fd: Int32

  init() throws { (fd, port) = try Sockets.listen(address) }

  deinit { close(fd) }
}

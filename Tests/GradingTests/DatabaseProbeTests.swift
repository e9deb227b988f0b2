import Clients
import Foundation
import Probes
import TestServers
import Testing

/// Against a real Postgres with few slots.
@Suite(.serialized) struct DatabaseProbeTests {
  private func probe(_ server: TestPostgres) -> DatabaseProbe {
    DatabaseProbe(
      host: server.address, port: server.port, database: "postgres", user: "postgres", password: server.password ?? "")
  }

  private static let small = ["max_connections": "8", "superuser_reserved_connections": "0", "max_wal_senders": "2"]

  @Test func roomIsCountedAndGivenBack() async throws {
    try await withPostgres(settings: Self.small, password: "secret") { server in
      let probe = probe(server)
      let first = try await probe.room(as: "postgres", password: "secret", limit: 100)
      #expect(first.opened == 8)
      #expect(first.refusal?.contains("too many clients") == true, "\(first)")
      // The server needs a moment to notice that the sessions ended.
      try await eventually("all slots free again") {
        try await probe.room(as: "postgres", password: "secret", limit: 100).opened == 8
      }
      #expect(try await probe.room(as: "postgres", password: "secret", limit: 3).opened == 3)
    }
  }

  @Test func aFullServerStillAnswersTheJudgeAndRefusesTheOperator() async throws {
    try await withPostgres(settings: Self.small, password: "secret") { server in
      let probe = probe(server)
      #expect(await probe.login(as: "postgres", password: "secret") == .allowed)
      try await holding(8, server) {
        guard case .refused(let words) = await probe.login(as: "postgres", password: "secret") else {
          Issue.record("an operator got in at full")
          return
        }
        #expect(words.contains("too many clients"))
        let rows = try await probe.query(
          "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ).rows
        #expect(rows == [["8"]])
        _ = try await probe.query("CREATE TABLE written (a int)")
        let written = try await probe.query("INSERT INTO written VALUES (1), (2)")
        #expect(written.commandTag == "INSERT 0 2")
      }
    }
  }

  @Test func withoutReplicationLoginsAnOrdinaryOneServes() async throws {
    var settings = Self.small
    settings["max_wal_senders"] = "0"
    settings["wal_level"] = "minimal"
    try await withPostgres(settings: settings, password: "secret") { server in
      let rows = try await probe(server).query("SELECT 1").rows
      #expect(rows == [["1"]])
    }
  }

  @Test func wrongPasswordsAndStoppedServersAreRefusals() async throws {
    try await withPostgres(settings: Self.small, password: "secret") { server in
      let probe = probe(server)
      guard case .refused = await probe.login(as: "postgres", password: "wrong") else {
        Issue.record("a wrong password got in")
        return
      }
      try await server.halt()
      guard case .refused = await probe.login(as: "postgres", password: "secret") else {
        Issue.record("a stopped server let somebody in")
        return
      }
      await #expect(throws: (any Error).self) { try await probe.query("SELECT 1") }
    }
  }

  @Test func silenceIsDeadAndNoLimit() async throws {
    let silent = try Sockets.listen("127.0.0.1")
    defer { close(silent.fd) }
    let mute = DatabaseProbe(
      host: "127.0.0.1", port: silent.port, database: "postgres", user: "postgres", password: "secret")
    guard case .dead = await mute.login(as: "postgres", password: "secret", timeout: .milliseconds(300)) else {
      Issue.record("silence is no refusal")
      return
    }
    try await withPostgres(settings: Self.small, password: "secret") { server in
      _ = await #expect(throws: (any Error).self) {
        _ = try await probe(server).room(as: "postgres", password: "wrong", limit: 3)
      }
    }
  }

  /// Holds `count` ordinary sessions while `body` runs.
  private func holding(_ count: Int, _ server: TestPostgres, _ body: () async throws -> Void) async throws {
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/bin/bash")
    let psql = "PGPASSWORD=secret psql -qX -h \(server.address) -p \(server.port) -U postgres -c 'SELECT pg_sleep(30)'"
    holder.arguments = ["-c", "for n in $(seq \(count)); do \(psql) >/dev/null 2>&1 & done; wait"]
    try holder.run()
    let probe = probe(server)
    let used = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    try await eventually("\(count) sessions are held") { try await probe.query(used).rows == [["\(count)"]] }
    try await body()
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    _ = try await probe.query(end)
    holder.waitUntilExit()
  }
}

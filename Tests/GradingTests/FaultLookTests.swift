import Clients
import Engine
import Foundation
import Probes
import TestServers
import Testing

@testable import Grading

/// Looks at what a fault did, at real processes and a real Postgres.
@Suite(.serialized) struct FaultLookTests {
  @Test func everyKindThatAScenarioMayNameHasALook() {
    #expect(FaultLook.kinds == FaultKind.parameters.keys.sorted())
  }

  /// A shell with a child, as a node has.
  private func withFamily(_ body: (Process, pid_t) async throws -> Void) async throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-c", "sleep 60 & wait"]
    try shell.run()
    let pid = shell.processIdentifier
    var child: pid_t?
    defer {
      // The child outlives its parent.
      if let child { kill(child, SIGKILL) }
      if shell.isRunning { kill(pid, SIGKILL) }
      shell.waitUntilExit()
    }
    try await eventually("the shell has a child") {
      child = ProcessProbe.family(of: pid).first { ProcessProbe.program(of: $0) == "sleep" }
      return child != nil
    }
    try await body(shell, try #require(child))
  }

  @Test func aNodeHasEndedWhenItsProcessIsGone() async throws {
    try await withFamily { shell, _ in
      let pid = shell.processIdentifier
      #expect(await FaultLook.ended([pid], of: 1, within: .milliseconds(50)) == (false, "0 of 1 nodes have ended"))
      kill(pid, SIGKILL)
      #expect(await FaultLook.ended([pid], of: 1, within: .seconds(5)) == (true, "1 of 1 nodes have ended"))
      // A node that had no process was not ended by anybody.
      #expect(await FaultLook.ended([pid], of: 2, within: .seconds(5)).0 == false)
      #expect(await FaultLook.ended([], of: 1, within: .seconds(5)).0 == false)
    }
  }

  @Test func aNodeStandsStillWhenItsWholeFamilyDoes() async throws {
    try await withFamily { shell, child in
      let pid = shell.processIdentifier
      kill(pid, SIGSTOP)
      #expect(await FaultLook.frozen([pid], of: 1) == (false, "0 of 1 nodes stand still"))
      kill(child, SIGSTOP)
      #expect(await FaultLook.frozen([pid], of: 1) == (true, "1 of 1 nodes stand still"))
      #expect(await FaultLook.frozen([pid], of: 2).0 == false)
      kill(pid, SIGKILL)
      try await eventually("the shell is gone") { !ProcessProbe.isAlive(pid) }
      #expect(await FaultLook.frozen([pid], of: 1).0 == false)
    }
  }

  @Test func sessionsAreHeldWhenTheServerSaysSo() async throws {
    let settings = ["max_connections": "8", "superuser_reserved_connections": "0", "max_wal_senders": "2"]
    try await withPostgres(settings: settings, password: "secret") { server in
      let probe = DatabaseProbe(
        host: server.address, port: server.port, database: "postgres", user: "postgres", password: "secret")
      func look(_ count: Int, as role: String = "postgres") async -> Bool {
        await FaultLook.held(count, as: role, on: probe, within: .milliseconds(200)).0
      }
      func open(_ name: String) async throws -> PostgresConnection {
        try await PostgresConnection.connect(
          PostgresConfiguration(
            host: server.address, port: server.port, database: "postgres", user: "postgres", password: "secret",
            applicationName: name, statements: .unnamed))
      }
      // Whoever else has sessions holds none for the fault.
      var others = [try await open("shop")]
      #expect(await !look(1))
      let held = [try await open("held"), try await open("held")]
      #expect(await look(2))
      #expect(await !look(3))
      #expect(await !look(2, as: "order"))
      for _ in 0..<5 { others.append(try await open("shop")) }
      // There is room for nobody: more could not be held.
      #expect(await look(2000))
      for connection in held + others { await connection.close() }
      try await eventually("they have ended") { await !look(1) }
    }
  }
}

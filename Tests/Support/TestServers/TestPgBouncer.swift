import Foundation

/// A PgBouncer in front of a test server, in transaction mode unless told otherwise. Database and role `postgres`.
public final class TestPgBouncer: Sendable {
  /// Its loopback address.
  public let address: String
  /// Its TCP port.
  public let port: Int
  private let process: ServerProcess

  /// Starts a pooler; it ends with `stop` or with this process.
  public static func start(for server: TestPostgres, settings: [String: String] = [:]) async throws -> TestPgBouncer {
    let pooler = try await aside { try TestPgBouncer(server: server, settings: settings) }
    do {
      try await pooler.process.tell("start")
      try await eventually("PgBouncer at \(pooler.address):\(pooler.port)") {
        Addresses.accepts(pooler.address, pooler.port)
      }
      return pooler
    } catch {
      let log = pooler.process.log
      await pooler.stop()
      throw ServerFailure.failed("\(error)\n\(log.suffix(2000))")
    }
  }

  private init(server: TestPostgres, settings: [String: String]) throws {
    let program = try ServerProcess.find("pgbouncer", package: "pgbouncer")
    let address = Addresses.next()
    let port = try Addresses.freePort(at: address)
    self.address = address
    self.port = port
    // Debian's pgbouncer runs as postgres; it refuses root.
    process = try ServerProcess(name: "pgbouncer", user: "postgres", signal: "TERM") { directory, user in
      let basics = [
        "listen_addr": address, "listen_port": "\(port)", "unix_socket_dir": "", "auth_type": "any",
        "pool_mode": "transaction", "max_client_conn": "500", "default_pool_size": "10",
      ]
      let lines = basics.merging(settings) { $1 }.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
      let upstream = "postgres = host=\(server.address) port=\(server.port) dbname=postgres user=postgres"
      let password = server.password.map { " password=\($0)" } ?? ""
      let text = "[databases]\n\(upstream)\(password)\n[pgbouncer]\n" + lines.joined(separator: "\n") + "\n"
      let path = directory + "/pgbouncer.ini"
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      try ServerProcess.give(path, to: user)
      return [program, path]
    }
  }

  /// Ends the pooler and removes its folder.
  public func stop() async { await process.end() }
}

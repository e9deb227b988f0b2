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
    // Debian's pgbouncer runs as postgres; it refuses root. From 1.23 on it waits for its clients at SIGTERM.
    process = try ServerProcess(name: "pgbouncer", user: "postgres", signal: "KILL") { directory, user in
      var basics = [
        "listen_addr": address, "listen_port": "\(port)", "unix_socket_dir": "", "auth_type": "any",
        "pool_mode": "transaction", "max_client_conn": "500", "default_pool_size": "10",
      ]
      // Statements of clients are not its affair, as they were not before 1.21, which does not know the setting.
      if try Self.keepsStatements(program, in: directory) { basics["max_prepared_statements"] = "0" }
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

  /// Whether it knows how to keep prepared statements: from 1.21 on.
  private static func keepsStatements(_ program: String, in directory: String) throws -> Bool {
    try ServerProcess.run([program, "--version"], in: directory)
    let text = try String(contentsOfFile: directory + "/setup.log", encoding: .utf8)
    guard let version = text.firstMatch(of: /PgBouncer (\d+)\.(\d+)/), let major = Int(version.1),
      let minor = Int(version.2)
    else { throw ServerFailure.failed("pgbouncer --version: \(text)") }
    return (major, minor) >= (1, 21)
  }

  /// Ends the pooler and removes its folder.
  public func stop() async { await process.end() }
}

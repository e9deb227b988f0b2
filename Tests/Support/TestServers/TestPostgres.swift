import Foundation

/// A Postgres server for tests, in a temporary folder, on an address of its own. Role `postgres`, database `postgres`.
public final class TestPostgres: Sendable {
  /// Its loopback address.
  public let address: String
  /// Its TCP port.
  public let port: Int
  /// The password of the role `postgres`; nil: none is asked for.
  public let password: String?
  private let process: ServerProcess

  /// Starts a server; it ends with `stop` or with this process.
  ///
  /// - Parameters:
  ///   - settings: lines of postgresql.conf.
  ///   - password: asked for by md5 when set.
  public static func start(settings: [String: String] = [:], password: String? = nil) async throws -> TestPostgres {
    let server = try await aside { try TestPostgres(settings: settings, password: password) }
    do {
      try await server.resume()
      return server
    } catch {
      let log = server.process.log
      await server.stop()
      throw ServerFailure.failed("\(error)\n\(log.suffix(2000))")
    }
  }

  /// Starts a server that follows another by streaming; only for servers without password.
  ///
  /// - Parameter settings: lines of postgresql.conf, beside those of the other server.
  public static func startReplica(of primary: TestPostgres, settings: [String: String] = [:]) async throws
    -> TestPostgres
  {
    let server = try await aside { try TestPostgres(replicaOf: primary, settings: settings) }
    do {
      try await server.resume()
      return server
    } catch {
      let log = server.process.log
      await server.stop()
      throw ServerFailure.failed("\(error)\n\(log.suffix(2000))")
    }
  }

  private static func find(_ program: String) throws -> String {
    let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")
      .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
    return try ServerProcess.find(program, in: folders, package: "postgresql")
  }

  private static func append(_ lines: [String: String], to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data(lines.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined().utf8))
    try file.close()
  }

  private init(replicaOf primary: TestPostgres, settings: [String: String]) throws {
    let postgres = try Self.find("postgres")
    let copy = try Self.find("pg_basebackup")
    let address = Addresses.next()
    let port = try Addresses.freePort(at: address)
    self.address = address
    self.port = port
    password = nil
    process = try ServerProcess(name: "postgres", user: "postgres", signal: "QUIT") { directory, user in
      let data = directory + "/data"
      let source = "host=\(primary.address) port=\(primary.port) user=postgres application_name=replica"
      try ServerProcess.run(
        ServerProcess.asUser(
          user,
          [
            copy, "-D", data, "-d", source, "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
            "--write-recovery-conf",
          ]), in: directory)
      let basics = ["listen_addresses": "'\(address)'", "port": "\(port)", "wal_retrieve_retry_interval": "100ms"]
      // What stands last in the file counts.
      try Self.append(basics.merging(settings) { $1 }, to: data + "/postgresql.conf")
      return [postgres, "-D", data]
    }
  }

  private init(settings: [String: String], password: String?) throws {
    let postgres = try Self.find("postgres")
    let initdb = try Self.find("initdb")
    let address = Addresses.next()
    let port = try Addresses.freePort(at: address)
    self.address = address
    self.port = port
    self.password = password
    process = try ServerProcess(name: "postgres", user: "postgres", signal: "QUIT") { directory, user in
      let data = directory + "/data"
      let passwordFile = directory + "/password"
      try Data((password ?? "unused").utf8).write(to: URL(fileURLWithPath: passwordFile))
      try ServerProcess.give(passwordFile, to: user)
      try ServerProcess.run(
        ServerProcess.asUser(
          user,
          [
            initdb, "-D", data, "-U", "postgres", "--pwfile", passwordFile, "-E", "UTF8", "--locale=C.UTF-8",
            "--no-sync", "--no-instructions", "-A", password == nil ? "trust" : "md5",
          ]), in: directory)
      let basics = [
        "listen_addresses": "'\(address)'", "port": "\(port)", "unix_socket_directories": "''", "fsync": "off",
        "shared_buffers": "16MB", "max_wal_size": "64MB", "logging_collector": "off", "autovacuum": "off",
      ]
      try Self.append(basics.merging(settings) { $1 }, to: data + "/postgresql.conf")
      return [postgres, "-D", data]
    }
  }

  /// Starts the server again after `halt` or `kill`; returns when it accepts connections.
  public func resume() async throws {
    try await process.tell("start")
    let file = process.directory + "/data/postmaster.pid"
    try await eventually("Postgres at \(address):\(port)") {
      (try? String(contentsOfFile: file, encoding: .utf8))?.contains("ready") ?? false
    }
  }

  /// Ends the server at once (SIGQUIT), to be started again.
  public func halt() async throws { try await process.tell("stop") }

  /// Ends the postmaster by SIGKILL, to be started again.
  public func kill() async throws {
    try await process.tell("kill")
    try? FileManager.default.removeItem(atPath: process.directory + "/data/postmaster.pid")
  }

  /// Stops the postmaster (SIGSTOP): sessions go on; logins and cancel requests are accepted by the kernel and get no
  /// answer.
  public func pause() async throws { try await process.tell("pause") }

  /// Lets it go on.
  public func unpause() async throws { try await process.tell("resume") }

  /// Ends the server and removes its folder.
  public func stop() async { await process.end() }

  /// What the server wrote to its log.
  public var log: String { process.log }
}

/// Lends a server of its own to `body`, and stops it afterwards.
public func withPostgres<R>(
  settings: [String: String] = [:], password: String? = nil, _ body: (TestPostgres) async throws -> R
) async throws -> R {
  let server = try await TestPostgres.start(settings: settings, password: password)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}

/// Lends replicas that follow a server to `body`, and stops them afterwards.
public func withReplicas<R>(
  _ count: Int, of primary: TestPostgres, _ body: ([TestPostgres]) async throws -> R
) async throws -> R {
  var replicas: [TestPostgres] = []
  do {
    for _ in 0..<count { replicas.append(try await TestPostgres.startReplica(of: primary)) }
    let value = try await body(replicas)
    for replica in replicas { await replica.stop() }
    return value
  } catch {
    for replica in replicas { await replica.stop() }
    throw error
  }
}

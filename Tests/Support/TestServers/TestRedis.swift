import Foundation

/// A Redis server for tests, in a temporary folder, on an address of its own, without persistence.
public final class TestRedis: Sendable {
  /// Its loopback address.
  public let address: String
  /// Its TCP port.
  public let port: Int
  private let process: ServerProcess

  /// Starts a server; it ends with `stop` or with this process.
  public static func start(password: String? = nil, options: [String] = []) async throws -> TestRedis {
    let server = try await aside { try TestRedis(password: password, options: options) }
    do {
      try await server.restart()
      return server
    } catch {
      let log = server.process.log
      await server.stop()
      throw ServerFailure.failed("\(error)\n\(log.suffix(2000))")
    }
  }

  private init(password: String?, options: [String]) throws {
    let program = try ServerProcess.find("redis-server", package: "redis-server")
    let address = Addresses.next()
    let port = try Addresses.freePort(at: address)
    self.address = address
    self.port = port
    process = try ServerProcess(name: "redis", user: "redis", signal: "KILL") { directory, _ in
      [program, "--bind", address, "--port", "\(port)", "--dir", directory, "--save", "", "--appendonly", "no"]
        + (password.map { ["--requirepass", $0] } ?? []) + options
    }
  }

  /// Starts the server again after `kill`; returns when it accepts connections.
  public func restart() async throws {
    try await process.tell("start")
    try await eventually("Redis at \(address):\(port)") { Addresses.accepts(address, port) }
  }

  /// Ends the server by SIGKILL, to be started again.
  public func kill() async throws { try await process.tell("kill") }

  /// Stops the server's process (SIGSTOP): connections stay, answers don't come.
  public func pause() async throws { try await process.tell("pause") }

  /// Lets it go on.
  public func resume() async throws { try await process.tell("resume") }

  /// Ends the server and removes its folder.
  public func stop() async { await process.end() }
}

/// Lends a server of its own to `body`, and stops it afterwards.
public func withRedis<R>(
  password: String? = nil, options: [String] = [], _ body: (TestRedis) async throws -> R
) async throws -> R {
  let server = try await TestRedis.start(password: password, options: options)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}

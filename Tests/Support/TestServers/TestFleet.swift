import Foundation

/// A service of the fleet as the program that it is, on an address of its own.
public final class TestFleet: Sendable {
  /// Its loopback address.
  public let address: String
  /// Where its HTTP API is.
  public let port = 8080
  private let process: ServerProcess

  /// The program stands beside the tests' own bundle.
  public static func program() throws -> String {
    guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else {
      throw ServerFailure.failed("these tests don't run from their bundle: \(CommandLine.arguments)")
    }
    return URL(fileURLWithPath: bundle.components(separatedBy: ".xctest")[0]).deletingLastPathComponent()
      .appendingPathComponent("fleet").path
  }

  /// Starts a service; it ends with `stop` or with this process. It accepts connections when this returns.
  /// - Parameters:
  ///   - environment: its settings.
  ///   - files: settings that name a file, and what stands in that.
  ///   - address: an address of our own in 127/8; nil takes one.
  public static func start(
    _ service: String, _ environment: [String: String], files: [String: String] = [:], at address: String? = nil
  ) async throws -> TestFleet {
    let address = address ?? Addresses.next()
    let server = try await aside { try TestFleet(service, environment, files, address) }
    do {
      try await server.process.tell("start")
      try await eventually("\(service) at \(address)") { Addresses.accepts(address, server.port) }
      return server
    } catch {
      let log = server.process.log
      await server.stop()
      throw ServerFailure.failed("\(error)\n\(log.suffix(2000))")
    }
  }

  private init(_ service: String, _ environment: [String: String], _ files: [String: String], _ address: String) throws
  {
    self.address = address
    let own = ["HTTP_HOST": address, "HTTP_PORT": "\(port)", "INSTANCE": service, "LOG_LEVEL": "error"]
    let program = try Self.program()
    process = try ServerProcess(name: "fleet", user: "root", signal: "KILL") { directory, _ in
      var settings = own.merging(environment) { $1 }
      for (key, text) in files {
        settings[key] = "\(directory)/\(key)"
        try text.write(toFile: "\(directory)/\(key)", atomically: true, encoding: .utf8)
      }
      return ["/usr/bin/env"] + settings.map { "\($0)=\($1)" } + [program, service]
    }
  }

  /// Ends the service.
  public func stop() async { await process.end() }
}

/// Lends a service of the fleet to `body`, and stops it afterwards.
public func withFleet<R>(
  _ service: String, _ environment: [String: String], files: [String: String] = [:], at address: String? = nil,
  _ body: (TestFleet) async throws -> R
) async throws -> R {
  let server = try await TestFleet.start(service, environment, files: files, at: address)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}

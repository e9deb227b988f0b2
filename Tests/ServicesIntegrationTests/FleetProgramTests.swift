import Clients
import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

/// The program itself: arguments, exit codes, probes and signals.
@Suite(.serialized, .timeLimit(.minutes(2))) struct FleetProgramTests {
  private static func program() throws -> URL { URL(fileURLWithPath: try TestFleet.program()) }

  private func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> (
    status: Int32, text: String
  ) {
    let process = Process()
    process.executableURL = try Self.program()
    process.arguments = arguments
    process.environment = environment.merging(ProcessInfo.processInfo.environment) { mine, _ in mine }
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test func wrongSettingsEndTheStartWithAllOfThem() async throws {
    let (status, text) = try await run(
      ["inventory"], ["HTTP_PORT": "80800", "INVENTORY_POOL_MAX": "none", "INVENTORY_DATABASE_STATEMENTS": "named"])
    #expect(status == 64)
    for part in [
      "HTTP_PORT=80800: must be a whole number from 0 to 65535",
      "INVENTORY_DATABASE_HOST is not set: must be the name or address of the database server",
      "INVENTORY_POOL_MAX=none: must be a whole number",
      "INVENTORY_DATABASE_STATEMENTS=named: must be one of prepared, unnamed",
    ] { #expect(text.contains(part)) }
  }

  @Test(arguments: [[], ["toaster"], ["inventory", "more"], ["probe"], ["probe", "ftp://x:1"], ["probe", "tcp://x"]])
  func wrongArgumentsAreExplained(arguments: [String]) async throws {
    let (status, text) = try await run(arguments)
    #expect(status == 64)
    #expect(!text.isEmpty)
  }

  @Test func probesTellWhatIsThere() async throws {
    try await withPostgres(settings: ["max_connections": "10", "superuser_reserved_connections": "0"]) { postgres in
      try await withRedis(password: "secret") { redis in
        let database = "postgres://\(postgres.address):\(postgres.port)"
        let cache = "redis://\(redis.address):\(redis.port)"
        let cases: [(String, Int32)] = [
          (database, 0), (cache, 0), ("tcp://\(redis.address):\(redis.port)", 0), ("tcp://127.0.0.1:1", 1),
          ("postgres://\(redis.address):\(redis.port)", 1), ("http://\(redis.address):\(redis.port)/", 1),
          ("http://no-such-host.invalid:1/", 1),
        ]
        for (url, status) in cases { #expect(try await run(["probe", url]).status == status, "\(url)") }
        // A server whose slots are all taken is there.
        var held: [PostgresConnection] = []
        for _ in 0..<10 {
          held.append(try await PostgresConnection.connect(ShopDatabases.superuser(of: postgres, database: "postgres")))
        }
        #expect(try await run(["probe", database]).status == 0)
        for connection in held { await connection.close() }
        try await redis.pause()
        let begin = ContinuousClock.now
        #expect(try await run(["probe", cache]).status == 1)
        #expect(ContinuousClock.now - begin < .milliseconds(2500))
        try await redis.resume()
        try await postgres.halt()
        #expect(try await run(["probe", database]).status == 1)
      }
    }
  }

  @Test func sigtermEndsAServiceWellAndSoon() async throws {
    let process = Process()
    process.executableURL = try Self.program()
    process.arguments = ["provider"]
    let (host, port) = (Addresses.next(), 8080)
    // What a sanitizer was told goes for the program, too.
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key.hasSuffix("SAN_OPTIONS") }
      .merging(["HTTP_HOST": host, "HTTP_PORT": "\(port)", "INSTANCE": "provider"]) { $1 }
    process.standardError = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    try await eventually("the service is ready", within: 10) {
      try await run(["probe", "http://\(host):\(port)/readyz"]).status == 0
    }
    // A connection that a client keeps open must not keep the service from ending.
    let reply = try await Browser.send(.GET, Endpoint(host: host, port: port), "/healthz")
    #expect(reply.status == 200)
    let begin = ContinuousClock.now
    process.terminate()
    try await eventually("the service has ended", within: 20) { !process.isRunning }
    #expect(process.terminationStatus == 0)
    #expect(process.terminationReason == .exit)
    #expect(ContinuousClock.now - begin < .seconds(3))
  }
}

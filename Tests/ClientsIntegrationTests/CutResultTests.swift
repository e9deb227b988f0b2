import Clients
import TestServers
import Testing

/// A connection that ends in the middle of a result: never a part of it, never a wait, and the next call works.
@Suite struct CutResultTests {
  /// After so many bytes of the answer: in its first header, in its first rows, far in.
  static let cuts = [1, 4, 30, 5_000, 700_000]

  @Test(arguments: [PostgresConfiguration.Statements.prepared, .unnamed])
  func ofPostgres(_ statements: PostgresConfiguration.Statements) async throws {
    let server = try await Shared.postgres.value
    try await withForwarder(to: server.address, server.port) { forwarder in
      var configuration = Shared.configuration(server, statements: statements)
      configuration.host = forwarder.address
      configuration.port = forwarder.port
      try await withClient(configuration, Shared.pool("cut", max: 1)) { client in
        let rows: PostgresQuery = "SELECT n, repeat('x', 1000) FROM generate_series(1, \(1000)) n"
        #expect(try await client.query(rows).count == 1000)
        for bytes in Self.cuts {
          forwarder.cut(after: bytes)
          let begun = ContinuousClock.now
          let error = try await postgresError { try await client.query(rows) }
          #expect(error.code == .connectionClosed && error.isUnavailable, "after \(bytes): \(error)")
          #expect(begun.duration(to: .now) < .seconds(10), "its deadline is 30 s")
          #expect(try await client.query(rows).count == 1000)
        }
        let statistics = await client.statistics
        #expect(statistics.closed == Self.cuts.count && statistics.inUse == 0, "\(statistics)")
      }
    }
  }

  @Test func ofPostgresInATransaction() async throws {
    let server = try await Shared.postgres.value
    try await withForwarder(to: server.address, server.port) { forwarder in
      var configuration = Shared.configuration(server)
      configuration.host = forwarder.address
      configuration.port = forwarder.port
      try await withClient(configuration, Shared.pool("cut", max: 1)) { client in
        let error = try await postgresError {
          try await client.withTransaction { connection in
            forwarder.cut(after: 100_000)
            try await connection.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000)")
          }
        }
        #expect(error.code == .connectionClosed, "\(error)")
        #expect(try await client.withTransaction { try await $0.query("SELECT 1") }.count == 1)
      }
    }
  }
}

extension RedisTests {
  @Test func aConnectionCutInTheMiddleOfAReply() async throws {
    let server = try await Self.shared.value
    try await withForwarder(to: server.address, server.port) { forwarder in
      var settings = configuration(server)
      settings.host = forwarder.address
      settings.port = forwarder.port
      try await withRedisClient(settings) { redis in
        let text = String(repeating: "0123456789", count: 100_000)
        try await redis.set("cut", text)
        for bytes in CutResultTests.cuts {
          forwarder.cut(after: bytes)
          let begun = ContinuousClock.now
          let error = try await redisError { _ = try await redis.get("cut") }
          #expect(error.code == .connectionClosed && error.isUnavailable, "after \(bytes): \(error)")
          #expect(begun.duration(to: .now) < .seconds(10), "its time-out is 30 s")
          try await eventually("it is read again") { (try? await redis.get("cut")) == text }
        }
      }
    }
  }

  @Test func aCommandTooLargeIsRefusedBeforeItIsSent() async throws {
    try await withRedis(options: ["--proto-max-bulk-len", "1mb"]) { server in
      var settings = configuration(server)
      settings.maxCommandBytes = 1 << 20
      try await withRedisClient(settings) { redis in
        let connection = try await redis.command(["CLIENT", "ID"])
        let waiting = Task { try await redis.command(["BLPOP", "large:none", "0.5"]) }
        let value = RedisArgument([UInt8](repeating: 120, count: 2 << 20))
        let error = try await redisError { try await redis.set("large", value) }
        #expect(error.code == .invalidCommand && error.message.hasSuffix(" 1048576 bytes are sent"), "\(error)")
        #expect(try await waiting.value.isNull, "who shares the connection doesn't notice")
        #expect(try await redis.command(["CLIENT", "ID"]) == connection)
      }
    }
  }
}

import Clients
import Logging
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// Real servers behind the proxy.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test func postgresWorksThroughItAndOutlivesAReset() async throws {
    try await withPostgres { server in
      try await withProxy(to: Endpoint(host: server.address, port: server.port)) { proxy in
        let configuration = PostgresConfiguration(
          host: proxy.host, port: proxy.port, database: "postgres", user: "postgres")
        try await PostgresConnection.with(configuration) { connection in
          let long = try await connection.query("SELECT repeat('x', 3000000) AS text")
          #expect(try long.first?.decode("text", as: String.self).utf8.count == 3_000_000)
          try await proxy.add(.latency(delay: 40_000_000, jitter: 0))
          let time = try await milliseconds { try await connection.query("SELECT 1") }
          #expect(time >= 40)
          try await proxy.clear()
          try await proxy.add(.resetAfterTime(0))
          await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
          try await proxy.clear()
        }
        try await PostgresConnection.with(configuration) { connection in
          let rows = try await connection.query("SELECT 1").count
          #expect(rows == 1)
        }
      }
    }
  }

  @Test func redisWorksThroughItAndRecoversFromABlackHole() async throws {
    try await withRedis { server in
      try await withProxy(to: Endpoint(host: server.address, port: server.port)) { proxy in
        let redis = RedisClient(RedisConfiguration(host: proxy.host, port: proxy.port), logger: silent)
        #expect(try await redis.set("a", "1"))
        try await proxy.add(.blackhole, to: [.upstream, .downstream])
        await #expect(throws: RedisError.self) { try await redis.get("a") }
        try await proxy.clear()
        try await eventually("Redis answers again") { (try? await redis.get("a")) == "1" }
        await redis.shutDown()
      }
    }
  }
}

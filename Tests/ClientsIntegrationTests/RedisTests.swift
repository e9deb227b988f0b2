import Clients
import TestServers
import Testing

@Suite struct RedisTests {
  static let shared = Task { try await TestRedis.start() }

  func configuration(_ server: TestRedis, password: String? = nil) -> RedisConfiguration {
    RedisConfiguration(
      host: server.address, port: server.port, password: password, connectTimeout: .seconds(30),
      commandTimeout: .seconds(30))
  }

  func withRedisClient<R>(_ configuration: RedisConfiguration, _ body: (RedisClient) async throws -> R) async throws
    -> R
  {
    let client = RedisClient(configuration, logger: Shared.logger)
    do {
      let value = try await body(client)
      await client.shutDown()
      return value
    } catch {
      await client.shutDown()
      throw error
    }
  }

  func redisError(_ body: () async throws -> Void) async throws -> RedisError {
    try #require(await #expect(throws: RedisError.self) { try await body() })
  }

  /// Waits until the server keeps a command waiting.
  func untilBlocked(_ server: TestRedis) async throws {
    try await withRedisClient(configuration(server)) { observer in
      try await eventually("it waits") {
        try await observer.command(["INFO", "clients"]).string?.contains("blocked_clients:1") ?? false
      }
    }
  }

  @Test func unlinkRemovesWhatMatchesAndNothingElse() async throws {
    let server = try await Self.shared.value
    let redis = RedisClient(configuration(server))
    for number in 0..<2500 { try await redis.set("u:\(number)", "x") }
    try await redis.set("v:kept", "x")
    #expect(try await redis.unlink(matching: "u:*") == 2500)
    #expect(try await redis.unlink(matching: "u:*") == 0)
    #expect(try await redis.get("u:7") == nil)
    #expect(try await redis.get("v:kept") == "x")
    await redis.shutDown()
  }

  @Test func shortenCutsLivesAndLengthensNone() async throws {
    let server = try await Self.shared.value
    let redis = RedisClient(configuration(server))
    func left(_ key: RedisArgument) async throws -> Int { try await redis.command(["PTTL", key]).integer ?? 0 }
    try await redis.set("w:stays", "x")
    try await redis.set("w:long", "x", px: .seconds(600))
    try await redis.set("w:short", "x", px: .seconds(5))
    try await redis.set("y:stays", "x")
    #expect(try await redis.shorten(matching: "w:*", to: .seconds(60)) == 2)
    #expect(try await redis.shorten(matching: "w:*", to: .seconds(60)) == 0)
    for key in ["w:stays", "w:long"] as [RedisArgument] { #expect((1...60_000).contains(try await left(key))) }
    #expect(try await left("w:short") <= 5000)
    #expect(try await left("y:stays") == -1)
    await redis.shutDown()
  }

  @Test func helpers() async throws {
    try await withRedisClient(configuration(Self.shared.value)) { redis in
      try await redis.ping()
      #expect(try await redis.get("h:none") == nil)
      #expect(try await redis.set("h:a", "1", px: .seconds(60)))
      #expect(try await redis.set("h:a", "2", nx: true) == false)
      #expect(try await redis.get("h:a") == "1")
      #expect(try await redis.incr("h:a", by: 41) == 42)
      #expect(try await redis.expire("h:a", .milliseconds(1500)))
      let ttl = try await redis.command(["PTTL", "h:a"]).integer
      #expect((1...1500).contains(ttl ?? 0))
      #expect(try await redis.del("h:a", "h:none") == 1)
      #expect(try await redis.expire("h:a", .seconds(1)) == false)
      let bytes: [UInt8] = [0, 255, 13, 10, 36]
      try await redis.set("h:b", RedisArgument(bytes))
      #expect(try await redis.getBytes("h:b") == bytes)
      #expect(try await redisError { _ = try await redis.get("h:b") }.code == .unexpectedReply)
      let reply = try await redis.eval(
        "return {1, 'x', false, {KEYS[1], ARGV[1]}, redis.status_reply('ok')}", keys: ["k"], arguments: ["v"])
      #expect(
        reply == .array([.integer(1), .bulk([120]), .null, .array([.bulk([107]), .bulk([118])]), .status("ok")]))
    }
  }

  @Test func errorRepliesKeepTheServersWords() async throws {
    try await withRedisClient(configuration(Self.shared.value)) { redis in
      try await redis.command(["LPUSH", "e:list", "1"])
      let error = try await redisError { _ = try await redis.get("e:list") }
      #expect(error.code == .server && error.prefix == "WRONGTYPE")
      #expect(error.message.hasPrefix("WRONGTYPE Operation against a key"))
      #expect(try await redisError { try await redis.command([]) }.code == .invalidCommand)
      #expect(try await redisError { try await redis.command(["subscribe", "x"]) }.code == .invalidCommand)
      try await redis.ping()
    }
  }

  @Test func concurrentCommandsArePipelinedAndMatched() async throws {
    try await withRedisClient(configuration(Self.shared.value)) { redis in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<2_000 {
          group.addTask {
            try await redis.set("p:\(index)", "value \(index)")
            #expect(try await redis.get("p:\(index)") == "value \(index)")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func largeValues() async throws {
    try await withRedisClient(configuration(Self.shared.value)) { redis in
      let text = String(repeating: "0123456789", count: 2_000_000)
      try await redis.set("l", text)
      #expect(try await redis.get("l") == text)
    }
  }

  @Test func passwords() async throws {
    try await withRedis(password: "secret") { server in
      try await withRedisClient(configuration(server, password: "secret")) { try await $0.ping() }
      try await withRedisClient(configuration(server, password: "wrong")) { redis in
        let error = try await redisError { try await redis.ping() }
        #expect(error.code == .connectionRefused && error.message.hasPrefix("WRONGPASS"))
      }
      try await withRedisClient(configuration(server)) { redis in
        let error = try await redisError { try await redis.ping() }
        #expect(error.code == .connectionRefused && error.message.hasPrefix("NOAUTH"))
      }
    }
  }

  @Test func survivesKillAndRestart() async throws {
    try await withRedis { server in
      try await withRedisClient(configuration(server)) { redis in
        try await redis.set("k", "v")
        try await server.kill()
        try await eventually("the loss is noticed") { await !redis.isConnected }
        let begun = ContinuousClock.now
        let error = try await redisError { _ = try await redis.get("k") }
        #expect(error.code == .disconnected && error.isUnavailable)
        #expect(begun.duration(to: .now) < .seconds(5))
        try await server.restart()
        try await eventually("connected again", within: 20) { await redis.isConnected }
        #expect(try await redis.get("k") == nil)
      }
    }
  }

  @Test func commandsUnderWayFailWhenTheServerDies() async throws {
    try await withRedis { server in
      try await withRedisClient(configuration(server)) { redis in
        try await redis.ping()
        let waiting = Task { try await redis.command(["BLPOP", "nothing", "0"], timeout: .seconds(10)) }
        try await untilBlocked(server)
        try await server.kill()
        let error = try await redisError { _ = try await waiting.value }
        #expect(error.code == .connectionClosed)
      }
    }
  }

  @Test func silenceTimesOutAndTheConnectionRecovers() async throws {
    try await withRedis { server in
      var settings = configuration(server)
      settings.commandTimeout = .milliseconds(100)
      try await withRedisClient(settings) { redis in
        try await redis.set("k", "v", timeout: .seconds(30))
        try await server.pause()
        let begun = ContinuousClock.now
        let error = try await redisError { _ = try await redis.get("k") }
        #expect(error.code == .timedOut)
        #expect((.milliseconds(100) ... .seconds(20)).contains(begun.duration(to: .now)))
        try await server.resume()
        try await eventually("answers again", within: 20) { (try? await redis.get("k")) == "v" }
      }
    }
  }

  @Test func aServerThatStaysSilentIsGivenUp() async throws {
    try await withRedis { server in
      var settings = configuration(server)
      settings.commandTimeout = .milliseconds(50)
      settings.connectTimeout = .milliseconds(200)
      try await withRedisClient(settings) { redis in
        try await redis.ping(timeout: .seconds(30))
        try await server.pause()
        try await eventually("fails at once", within: 20) {
          do { try await redis.ping() } catch let error as RedisError { return error.code == .disconnected }
          return false
        }
        try await server.resume()
        try await eventually("connected again", within: 20) { (try? await redis.ping()) != nil }
      }
    }
  }

  @Test func cancellationReturnsAtOnce() async throws {
    try await withRedisClient(configuration(Self.shared.value)) { redis in
      try await redis.ping()
      let task = Task { try await redis.command(["BLPOP", "c:nothing", "5"]) }
      try await untilBlocked(Self.shared.value)
      let begun = ContinuousClock.now
      task.cancel()
      let error = try await redisError { _ = try await task.value }
      #expect(error.code == .cancelled && begun.duration(to: .now) < .seconds(4))
      #expect(try await redis.get("c:x") == nil)
    }
  }

  @Test func nobodyListening() async throws {
    let server = try await TestRedis.start()
    let settings = configuration(server)
    await server.stop()
    try await withRedisClient(settings) { redis in
      let error = try await redisError { try await redis.ping() }
      #expect(error.code == .connectionRefused && error.message.contains("Connection refused"))
      #expect(try await redisError { try await redis.ping() }.code == .disconnected)
    }
  }
}

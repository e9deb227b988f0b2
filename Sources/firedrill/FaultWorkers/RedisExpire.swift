import Clients

/// `redis-expire`: keys that match a pattern live no longer than so, also those that were to stay, until the worker is
/// ended. What is gone by then is not put back: nobody but its owner knows what it would be now.
enum RedisExpire {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let redis = RedisClient(RedisConfiguration(host: try order.text("host"), password: order.secret))
    let pattern = try order.text("pattern")
    let longest = Duration.milliseconds(try order.number("ttl_ms"))
    // A key that is written between two looks lives longer by as much.
    let pause = min(max(longest / 10, .milliseconds(10)), .milliseconds(100))
    FaultOrder.ready("\(try await redis.shorten(matching: pattern, to: longest)) keys live no longer than \(longest)")
    while !Task.isCancelled {
      try? await Task.sleep(for: pause)
      // A server that is away is looked at again at the next turn.
      if !Task.isCancelled { _ = try? await redis.shorten(matching: pattern, to: longest) }
    }
    await redis.shutDown()
  }
}

import Clients

/// `redis-flush`: deletes the keys that match a pattern, every so often, until it is ended. What is deleted is a cache:
/// whoever misses it makes it anew, so there is nothing to put back.
enum RedisFlush {
  @Sendable static func work(_ order: FaultOrder) async throws {
    let redis = RedisClient(RedisConfiguration(host: try order.text("host"), password: order.secret))
    let pattern = try order.text("pattern")
    let pause = try order.number("every_ms")
    FaultOrder.ready("\(try await redis.unlink(matching: pattern)) keys were deleted")
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(pause))
      // A server that is away has nothing to delete: the next turn tries again.
      if !Task.isCancelled { _ = try? await redis.unlink(matching: pattern) }
    }
    await redis.shutDown()
  }
}

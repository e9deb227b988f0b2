import Clients
import Logging
import Metrics
import NIOCore

/// Redis beside the database (cache-aside). It may fail or be slow at any time: then it counts as empty.
struct ProductCache: Sendable {
  private let redis: RedisClient?
  private let ttl: Duration
  private let logger: Logger
  private let hits = Self.counter("hit")
  private let misses = Self.counter("miss")
  private let errors = Self.counter("error")

  /// - Parameters:
  ///   - redis: nil: there is no cache.
  ///   - ttl: how long an entry stays.
  init(redis: RedisClient?, ttl: Duration, logger: Logger) {
    self.redis = redis
    self.ttl = ttl
    self.logger = logger
  }

  /// What is kept under a key, if anything.
  func get(_ key: String) async -> ByteBuffer? {
    guard let redis else { return nil }
    do {
      guard let bytes = try await redis.getBytes(key) else {
        misses.increment()
        return nil
      }
      hits.increment()
      return ByteBuffer(bytes: bytes)
    } catch {
      errors.increment()
      logger.debug("the cache can't be read", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// Keeps something for the time that entries stay.
  func put(_ key: String, _ bytes: ByteBuffer) async {
    guard let redis else { return }
    do {
      try await redis.set(key, RedisArgument(Array(bytes.readableBytesView)), px: ttl)
    } catch {
      logger.debug("the cache can't be written", metadata: ["error": "\(error)"])
    }
  }

  private static func counter(_ result: String) -> Counter {
    Counter(label: "cache_requests_total", dimensions: [("cache", "products"), ("result", result)])
  }
}

import Clients
import Logging
import Metrics

/// A lock in Redis, respected by all instances, for recomputing one entry.
///
/// `SET key token NX PX ttl`, as redis.io/docs/manual/patterns/distributed-locks describes for a single server. It ends
/// by itself after its TTL, so an owner that dies stops nobody for longer. The token is random and the unlock
/// compares it: an owner that was slower than its lock must not remove the lock of the next.
struct RecomputeLock: Sendable {
  /// What came of trying to get a lock.
  enum Attempt: Sendable, Equatable {
    /// It is ours; the token proves it.
    case acquired(token: String)
    /// Somebody else has it.
    case busy
    /// Redis can't say.
    case failed
  }

  private let redis: RedisClient
  private let ttl: Duration
  private let checksOwner: Bool
  private let logger: Logger
  private let acquired = Self.counter("acquired")
  private let busy = Self.counter("busy")
  private let timeouts = Self.counter("timeout")
  private let lost = Self.counter("lost")
  private let errors = Self.counter("error")

  init(redis: RedisClient, ttl: Duration, checksOwner: Bool, logger: Logger) {
    self.redis = redis
    self.ttl = ttl
    self.checksOwner = checksOwner
    self.logger = logger
  }

  /// The key of an entry's lock.
  static func key(_ entry: String) -> String { "\(entry):lock" }

  /// Tries once; waits for nobody.
  func tryAcquire(_ entry: String) async -> Attempt {
    let token = String(UInt64.random(in: 0 ... .max), radix: 16) + String(UInt64.random(in: 0 ... .max), radix: 16)
    do {
      guard try await redis.set(Self.key(entry), token, px: ttl, nx: true) else { return .busy }
      acquired.increment()
      return .acquired(token: token)
    } catch {
      errors.increment()
      logger.debug("the lock can't be taken", metadata: ["error": "\(error)"])
      return .failed
    }
  }

  /// Gives a lock back. It does so also when the task was cancelled: others wait.
  func release(_ entry: String, token: String) async {
    await Task { await remove(entry, token: token) }.value
  }

  /// Notes that somebody found the lock taken.
  func noteBusy() { busy.increment() }

  /// Notes that somebody waited for it in vain.
  func noteTimeout() { timeouts.increment() }

  private func remove(_ entry: String, token: String) async {
    do {
      let removed =
        checksOwner
        ? try await redis.eval(Self.compareAndDelete, keys: [Self.key(entry)], arguments: [RedisArgument(token)])
          .integer
        : try await redis.del(Self.key(entry))
      if removed != 1 { lost.increment() }
    } catch {
      // It ends by itself.
      errors.increment()
      logger.debug("the lock can't be given back", metadata: ["error": "\(error)"])
    }
  }

  private static let compareAndDelete = """
    if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
    return 0
    """

  private static func counter(_ result: String) -> Counter {
    Counter(label: "cache_lock_total", dimensions: [("result", result)])
  }
}

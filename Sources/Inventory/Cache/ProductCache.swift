import Clients
import Logging
import Metrics
import NIOCore
import ServiceKit
import Synchronization

/// Redis beside the database (cache-aside), with what keeps many requests from recomputing one entry at once. Redis may
/// fail or be slow at any time: then it counts as empty. A failure to recompute is never kept.
struct ProductCache: Sendable {
  /// Makes an entry anew from the database; nil: there is no such thing.
  typealias Make = @Sendable () async throws -> ByteBuffer?

  let settings: CacheSettings
  let lock: RecomputeLock?
  let metrics = CacheMetrics(cache: "products")
  let logger: Logger
  let flights = SingleFlight<Load>()
  private let redis: RedisClient?
  private let early: EarlyRefresh
  private let local: LocalEntries?

  /// What came of a look into the cache.
  enum Look: Sendable {
    case entry(CacheEntry)
    case nothing
    /// Redis can't say, or there is none.
    case failed
  }

  /// What was made or found for a request that had missed.
  struct Load: Sendable {
    var body: ByteBuffer?
    /// Whether somebody else did the work.
    var isShared: Bool
  }

  /// - Parameter redis: nil: there is no cache but the instance's own, if that is on.
  init(redis: RedisClient?, settings: CacheSettings, logger: Logger) {
    self.redis = redis
    self.settings = settings
    self.logger = logger
    early = settings.earlyRefresh
    local = settings.localTTL > .zero ? LocalEntries(capacity: settings.localMax) : nil
    lock = redis.flatMap { redis in
      guard settings.lock == .redis else { return nil }
      return RecomputeLock(redis: redis, ttl: settings.lockTTL, checksOwner: settings.lockChecksOwner, logger: logger)
    }
  }

  /// What is kept under a key, made by `make` when nothing is; nil: there is no such thing.
  /// - Throws: what `make` throws.
  func value(_ key: String, _ make: @escaping Make) async throws -> ByteBuffer? {
    if let local, let entry = local.get(key, now: WallClock.milliseconds()), let served = serve(entry, key, make) {
      return served.body
    }
    switch await look(key) {
    case .entry(let entry):
      if let served = serve(entry, key, make) {
        remember(key, entry)
        return served.body
      }
      return try await missed(key, counts: true, make)
    case .nothing: return try await missed(key, counts: true, make)
    case .failed: return try await missed(key, counts: false, make)
    }
  }

  /// Serves an entry, and has it refreshed when that is due; nil when it may not be served any more.
  private func serve(_ entry: CacheEntry, _ key: String, _ make: @escaping Make) -> CacheEntry? {
    guard let expiry = entry.expiry else {
      metrics.hits.increment()
      return entry
    }
    let now = WallClock.milliseconds()
    guard entry.body != nil else {
      guard now < expiry else { return nil }
      metrics.negatives.increment()
      return entry
    }
    if now < expiry {
      metrics.hits.increment()
      if early.isDue(now: now, expiry: expiry, delta: entry.delta, random: .random(in: 0..<1)) {
        refresh(key, entry, settings.refresh == .ahead ? .ahead : .probabilistic, make)
      }
      return entry
    }
    guard now < expiry + Int64(settings.stale.milliseconds) else { return nil }
    metrics.stale.increment()
    refresh(key, entry, .stale, make)
    return entry
  }

  private func missed(_ key: String, counts: Bool, _ make: @escaping Make) async throws -> ByteBuffer? {
    guard settings.coalesce == .instance || lock != nil else {
      if counts { metrics.misses.increment() }
      return try await recompute(key, .miss, make)
    }
    do {
      let load: Load
      if settings.coalesce == .instance {
        let (task, isFirst) = flights.join(key) { try await self.load(key, make) }
        load = try await task.value
        if counts { (isFirst && !load.isShared ? metrics.misses : metrics.coalesced).increment() }
      } else {
        load = try await self.load(key, make)
        if counts { (load.isShared ? metrics.coalesced : metrics.misses).increment() }
      }
      return load.body
    } catch {
      if counts { metrics.misses.increment() }
      throw error
    }
  }

  /// Makes an entry and keeps it.
  func recompute(_ key: String, _ reason: CacheMetrics.Reason, _ make: Make) async throws -> ByteBuffer? {
    metrics.refreshed(reason)
    let begin = ContinuousClock.now
    let body = try await make()
    await keep(key, body, delta: max(1, Int64((ContinuousClock.now - begin).milliseconds)))
    return body
  }

  /// Looks into Redis, and counts only failures.
  func look(_ key: String) async -> Look {
    guard let redis else { return .failed }
    do {
      guard let bytes = try await redis.getBytes(key), let entry = CacheEntry(bytes: bytes) else { return .nothing }
      return .entry(entry)
    } catch {
      metrics.errors.increment()
      logger.debug("the cache can't be read", metadata: ["error": "\(error)"])
      return .failed
    }
  }

  /// Keeps an entry in the instance's own memory, if that is on: never longer than it is fresh.
  func remember(_ key: String, _ entry: CacheEntry) {
    guard let local else { return }
    let now = WallClock.milliseconds()
    let end = now + Int64(settings.localTTL.milliseconds)
    local.put(key, entry, until: min(end, entry.expiry ?? end), now: now)
  }

  private func keep(_ key: String, _ body: ByteBuffer?, delta: Int64) async {
    let now = WallClock.milliseconds()
    let entry: CacheEntry
    let stay: Int64
    if let body {
      let ttl = TTLJitter(percent: settings.ttlJitter).shorten(
        Int64(settings.ttl.milliseconds), random: .random(in: 0..<1))
      entry = settings.needsSoftExpiry ? CacheEntry(body, expiry: now + ttl, delta: delta) : CacheEntry(body)
      stay = ttl + Int64(settings.stale.milliseconds)
    } else {
      stay = Int64(settings.negativeTTL.milliseconds)
      guard stay > 0 else { return }
      entry = CacheEntry(nil, expiry: now + stay, delta: delta)
    }
    remember(key, entry)
    guard let redis else { return }
    do {
      try await redis.set(key, RedisArgument(entry.bytes), px: .milliseconds(stay))
    } catch {
      logger.debug("the cache can't be written", metadata: ["error": "\(error)"])
    }
  }
}

/// The instance's own entries, for all its requests.
private final class LocalEntries: Sendable {
  private let cache: Mutex<LocalCache<CacheEntry>>

  init(capacity: Int) {
    cache = Mutex(LocalCache(capacity: capacity))
  }

  func get(_ key: String, now: Int64) -> CacheEntry? { cache.withLock { $0.get(key, now: now) } }

  func put(_ key: String, _ entry: CacheEntry, until end: Int64, now: Int64) {
    cache.withLock { $0.put(key, entry, until: end, now: now) }
  }
}

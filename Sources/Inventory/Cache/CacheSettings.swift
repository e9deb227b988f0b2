public import ServiceKit

/// How products are cached. Whatever isn't set leaves plain cache-aside: look, and when nothing is there ask the
/// database and keep its answer for a while.
///
/// - `INVENTORY_CACHE_TTL` (ms, default 60000): how long a product counts as fresh.
/// - `INVENTORY_CACHE_TTL_JITTER` (percent, 0 to 90, default 0): by how much at most an entry's time is made shorter.
/// - `INVENTORY_CACHE_COALESCE` (`none` or `instance`, default `none`): with `instance`, requests for the same missing
///   entry share one recomputation.
/// - `INVENTORY_CACHE_LOCK` (`none` or `redis`, default `none`): with `redis`, whoever recomputes holds a lock that all
///   instances respect.
/// - `INVENTORY_CACHE_LOCK_TTL` (ms, default 5000): after which a lock ends by itself; longer than a recomputation.
/// - `INVENTORY_CACHE_LOCK_WAIT` (ms, default 3000): how long others wait for the entry before they recompute as well.
/// - `INVENTORY_CACHE_LOCK_CHECK_OWNER` (`yes` or `no`, default `yes`): whether an unlock looks whose lock it is.
/// - `INVENTORY_CACHE_REFRESH` (`on-expiry`, `ahead` or `probabilistic`, default `on-expiry`): when a recomputation
///   may begin while the entry is still fresh, behind the users' backs.
/// - `INVENTORY_CACHE_REFRESH_AHEAD` (ms, default 1000): with `ahead`, how long before expiry.
/// - `INVENTORY_CACHE_REFRESH_BETA` (0.01 to 100, default 1): with `probabilistic`, how eager; 1 is optimal by theory.
/// - `INVENTORY_CACHE_STALE` (ms, default 0): how long after expiry an entry is still served while one refreshes it.
/// - `INVENTORY_CACHE_LOCAL_TTL` (ms, default 0: off): how long an instance keeps an entry in its own memory too.
/// - `INVENTORY_CACHE_LOCAL_MAX` (entries, default 1000): how many.
/// - `INVENTORY_CACHE_NEGATIVE_TTL` (ms, default 0: off): how long it is remembered that there is no such product.
public struct CacheSettings: Sendable {
  /// Who shares a recomputation.
  public enum Coalescing: String, CaseIterable, Sendable {
    /// Nobody.
    case none
    /// The requests of one instance.
    case instance
  }

  /// What keeps instances from recomputing the same entry at the same time.
  public enum Locking: String, CaseIterable, Sendable {
    /// Nothing.
    case none
    /// A key in Redis.
    case redis
  }

  /// When a recomputation may begin before expiry.
  public enum Refresh: String, CaseIterable, Sendable {
    /// Never.
    case onExpiry = "on-expiry"
    /// A set time before.
    case ahead
    /// At random, the likelier the nearer the end is.
    case probabilistic
  }

  /// `yes` or `no`.
  private enum Answer: String, CaseIterable { case yes, no }

  /// How long an entry is fresh.
  public var ttl: Duration = .seconds(60)
  /// By how many percent of it at most an entry's time is shortened.
  public var ttlJitter = 0
  /// Who shares a recomputation.
  public var coalesce = Coalescing.none
  /// What keeps instances from recomputing together.
  public var lock = Locking.none
  /// After which a lock ends by itself.
  public var lockTTL: Duration = .seconds(5)
  /// How long others wait for the entry.
  public var lockWait: Duration = .seconds(3)
  /// Whether an unlock looks whose lock it is.
  public var lockChecksOwner = true
  /// When a recomputation may begin before expiry.
  public var refresh = Refresh.onExpiry
  /// How long before expiry.
  public var refreshAhead: Duration = .seconds(1)
  /// How eager probabilistic refresh is.
  public var refreshBeta = 1.0
  /// How long after expiry an entry may be served; zero: not at all.
  public var stale: Duration = .zero
  /// How long an instance keeps entries in its memory; zero: not at all.
  public var localTTL: Duration = .zero
  /// How many entries it keeps there.
  public var localMax = 1000
  /// How long it is remembered that there is nothing; zero: not at all.
  public var negativeTTL: Duration = .zero

  /// Plain cache-aside.
  public init(ttl: Duration = .seconds(60)) {
    self.ttl = ttl
  }

  /// Reads the settings named above.
  /// - Parameter hasRedis: whether there is a Redis to keep entries and locks in.
  public init(reading reader: inout SettingsReader, hasRedis: Bool) {
    let prefix = "INVENTORY_CACHE"
    let day = 86_400_000
    ttl = reader.milliseconds("\(prefix)_TTL", default: 60_000, in: 1...day)
    ttlJitter = reader.integer("\(prefix)_TTL_JITTER", default: 0, in: 0...90, unit: "percent")
    coalesce = reader.choice("\(prefix)_COALESCE", default: .none)
    lock = reader.choice("\(prefix)_LOCK", default: .none)
    lockTTL = reader.milliseconds("\(prefix)_LOCK_TTL", default: 5000, in: 1...day)
    lockWait = reader.milliseconds("\(prefix)_LOCK_WAIT", default: 3000, in: 0...600_000)
    let checksOwner: Answer = reader.choice("\(prefix)_LOCK_CHECK_OWNER", default: .yes)
    lockChecksOwner = checksOwner == .yes
    refresh = reader.choice("\(prefix)_REFRESH", default: .onExpiry)
    refreshAhead = reader.milliseconds("\(prefix)_REFRESH_AHEAD", default: 1000, in: 1...day)
    refreshBeta = reader.number("\(prefix)_REFRESH_BETA", default: 1, in: 0.01...100, unit: "factor")
    stale = reader.milliseconds("\(prefix)_STALE", default: 0, in: 0...day)
    localTTL = reader.milliseconds("\(prefix)_LOCAL_TTL", default: 0, in: 0...day)
    localMax = reader.integer("\(prefix)_LOCAL_MAX", default: 1000, in: 1...100_000, unit: "entries")
    negativeTTL = reader.milliseconds("\(prefix)_NEGATIVE_TTL", default: 0, in: 0...day)

    if refresh == .ahead && refreshAhead >= ttl {
      reader.report(
        "\(prefix)_REFRESH_AHEAD", value: "\(refreshAhead.milliseconds)",
        allowed: "less than \(prefix)_TTL, \(ttl.milliseconds)")
    }
    guard !hasRedis else { return }
    let needRedis = "left out: it needs INVENTORY_REDIS_HOST, which is not set"
    if lock == .redis { reader.report("\(prefix)_LOCK", value: lock.rawValue, allowed: needRedis) }
    if refresh != .onExpiry { reader.report("\(prefix)_REFRESH", value: refresh.rawValue, allowed: needRedis) }
    if stale > .zero { reader.report("\(prefix)_STALE", value: "\(stale.milliseconds)", allowed: needRedis) }
  }

  /// Whether entries must carry when they expire: Redis alone can't tell a stale one.
  var needsSoftExpiry: Bool { refresh != .onExpiry || stale > .zero }

  /// When recomputing may begin early.
  var earlyRefresh: EarlyRefresh {
    switch refresh {
    case .onExpiry: .never
    case .ahead: .ahead(milliseconds: Int64(refreshAhead.milliseconds))
    case .probabilistic: .probabilistic(beta: refreshBeta)
    }
  }
}

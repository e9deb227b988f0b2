#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// Whether an entry that is still fresh should be recomputed now, so that nobody ever waits for it.
///
/// Times are milliseconds since 1970, as instances on several machines share them.
enum EarlyRefresh: Sendable, Equatable {
  /// Entries are left alone until they expire.
  case never
  /// From that long before expiry on.
  case ahead(milliseconds: Int64)
  /// XFetch: at random, the likelier the nearer the expiry and the longer a recomputation takes.
  ///
  /// A. Vattani, F. Chierichetti, K. Lowenstein: Optimal Probabilistic Cache Stampede Prevention (VLDB 2015): recompute
  /// when `now - delta * beta * ln(rand) >= expiry`. The logarithm of a number below 1 is negative, so the
  /// subtraction looks *ahead* in time; with a plus it would look back, and never fire before expiry.
  case probabilistic(beta: Double)

  /// Whether to recompute.
  /// - Parameters:
  ///   - now: the time.
  ///   - expiry: when the entry stops being fresh.
  ///   - delta: how long the last recomputation took, in milliseconds.
  ///   - random: from 0 to 1, evenly distributed, a new one for each decision.
  func isDue(now: Int64, expiry: Int64, delta: Int64, random: Double) -> Bool {
    switch self {
    case .never: return false
    case .ahead(let lead): return now >= expiry - lead
    case .probabilistic(let beta):
      // ln(0) is minus infinity: that looks ahead for ever.
      guard random > 0 else { return true }
      return Double(now) - Double(delta) * beta * log(random) >= Double(expiry)
    }
  }
}

/// Spreads the ends of entries that began together.
struct TTLJitter: Sendable, Equatable {
  /// By how much at most a time is shortened, 0 to 90.
  let percent: Int

  /// A time between `ttl` and that many percent less: never more, or what is shown would be older than promised.
  /// - Parameter random: from 0 to 1, evenly distributed.
  func shorten(_ ttl: Int64, random: Double) -> Int64 {
    guard percent > 0 else { return ttl }
    return max(1, ttl - Int64(Double(ttl) * Double(percent) / 100 * random))
  }
}

/// The time as instances share it.
enum WallClock {
  /// Milliseconds since 1970.
  static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

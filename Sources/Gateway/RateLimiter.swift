import Synchronization

/// A token bucket for each session: so many requests a second, and as many at once.
final class RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var filled: ContinuousClock.Instant
  }

  let perSecond: Int
  private let buckets = Mutex<[String: Bucket]>([:])
  private static let mostBuckets = 10_000

  init(perSecond: Int) {
    self.perSecond = perSecond
  }

  /// Whether a request of the session may pass now.
  func admit(_ session: String, at now: ContinuousClock.Instant = .now) -> Bool {
    buckets.withLock { buckets in
      if buckets.count >= Self.mostBuckets, buckets[session] == nil {
        // Who has been quiet for a second has a full bucket again: forgetting it changes nothing.
        buckets = buckets.filter { now - $0.value.filled < .seconds(1) }
      }
      var bucket = buckets[session] ?? Bucket(tokens: Double(perSecond), filled: now)
      let (seconds, attoseconds) = (now - bucket.filled).components
      let passed = Double(seconds) + Double(attoseconds) / 1e18
      bucket.tokens = min(Double(perSecond), bucket.tokens + passed * Double(perSecond))
      bucket.filled = now
      let mayPass = bucket.tokens >= 1
      if mayPass { bucket.tokens -= 1 }
      buckets[session] = bucket
      return mayPass
    }
  }
}

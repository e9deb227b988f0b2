import Metrics
import ServiceKit

/// What a cache does, as counters.
struct CacheMetrics: Sendable {
  /// Why an entry was made anew.
  enum Reason: String, CaseIterable, Sendable {
    /// There was none.
    case miss
    /// It had expired and was served all the same.
    case stale
    /// It was about to expire.
    case ahead
    /// It might soon have expired.
    case probabilistic
  }

  /// Fresh entries served.
  let hits: Counter
  /// Requests that found nothing and did the work.
  let misses: Counter
  /// Requests that couldn't look.
  let errors: Counter
  /// Expired entries served while they are refreshed.
  let stale: Counter
  /// Requests that found nothing and shared the work of another.
  let coalesced: Counter
  /// Requests for what is known not to exist.
  let negatives: Counter
  private let reasons: [Reason: Counter]

  init(cache: String) {
    func requests(_ result: String) -> Counter {
      Counter(label: "cache_requests_total", dimensions: [("cache", cache), ("result", result)])
    }
    PrometheusRegistry.shared.describe("cache_refreshes_total", "Entries made anew, by reason.")
    PrometheusRegistry.shared.describe("cache_lock_total", "Locks for recomputing an entry, by what came of them.")
    hits = requests("hit")
    misses = requests("miss")
    errors = requests("error")
    stale = requests("stale")
    coalesced = requests("coalesced")
    negatives = requests("negative")
    reasons = Dictionary(
      uniqueKeysWithValues: Reason.allCases.map { reason in
        let labels = [("cache", cache), ("reason", reason.rawValue)]
        return (reason, Counter(label: "cache_refreshes_total", dimensions: labels))
      })
  }

  /// Notes that an entry was made anew.
  func refreshed(_ reason: Reason) { reasons[reason]?.increment() }
}

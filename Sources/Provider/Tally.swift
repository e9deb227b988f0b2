import Metrics
import Synchronization

/// The answer to `GET /v1/statistics`: how much was asked and done since the process began.
struct ProviderStatistics: Codable, Sendable, Equatable {
  /// Requests for charges that came, repeated ones included.
  var received = 0
  /// Those worked off, whatever came of them.
  var executed = 0
  /// Those worked off though their caller had hung up by then.
  var abandoned = 0
  /// Those that failed because they were the first with their key.
  var failedOnce = 0
  /// Those that wait for their turn now.
  var waiting = 0
  /// How often each idempotency key was sent.
  var attempts: [String: Int] = [:]

  enum CodingKeys: String, CodingKey {
    case received, executed, abandoned, waiting, attempts
    case failedOnce = "failed_once"
  }
}

/// Counts what is asked and done: for `/metrics`, and key by key for `GET /v1/statistics`.
final class Tally: Sendable {
  private let counts = Mutex(ProviderStatistics())
  private let received = Counter(label: "provider_requests_received_total")
  private let executed = Counter(label: "provider_requests_executed_total")
  private let abandoned = Counter(label: "provider_requests_abandoned_total")

  /// A request came.
  /// - Returns: how often its key was sent, this time included.
  func receive(key: String) -> Int {
    received.increment()
    return counts.withLock { counts in
      counts.received += 1
      counts.attempts[key, default: 0] += 1
      return counts.attempts[key] ?? 1
    }
  }

  /// A request was worked off.
  func execute() {
    executed.increment()
    counts.withLock { $0.executed += 1 }
  }

  /// The first attempt with a key failed, as it was told to.
  func failOnce() { counts.withLock { $0.failedOnce += 1 } }

  /// Nobody waited for it any more.
  func abandon() {
    abandoned.increment()
    counts.withLock { $0.abandoned += 1 }
  }

  /// All of it.
  func statistics(waiting: Int) -> ProviderStatistics {
    var all = counts.withLock { $0 }
    all.waiting = waiting
    return all
  }
}

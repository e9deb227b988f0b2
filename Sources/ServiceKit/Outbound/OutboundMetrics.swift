import Metrics
import Synchronization

/// Counts and times calls of another service: `http_client_request_duration_seconds{status,upstream}`.
final class OutboundMetrics: Sendable {
  private let upstream: String
  private let timers = Mutex<[String: Metrics.Timer]>([:])

  init(upstream: String) {
    self.upstream = upstream
  }

  /// - Parameter status: the answer's status, or why there was none (`unreachable`, `late`).
  func record(_ status: String, _ duration: Duration) {
    let timer = timers.withLock { timers in
      if let timer = timers[status] { return timer }
      let labels = [("status", status), ("upstream", upstream)]
      let timer = Metrics.Timer(label: "http_client_request_duration_seconds", dimensions: labels)
      timers[status] = timer
      return timer
    }
    timer.recordNanoseconds(duration.nanoseconds)
  }
}

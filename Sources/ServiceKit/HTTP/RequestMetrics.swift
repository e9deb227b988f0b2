import HTTPTypes
import Metrics
import Synchronization

/// Counts and times requests: `http_server_request_duration_seconds{method,route,status}`.
final class RequestMetrics: Sendable {
  private struct Key: Hashable {
    var method: String
    var route: String
    var status: Int
  }

  private let timers = Mutex<[Key: Metrics.Timer]>([:])

  /// - Parameters:
  ///   - route: the route's pattern, never the path itself, so that the number of series has a bound.
  ///   - nanoseconds: from the head of the request to the head of the answer.
  func record(method: HTTPRequest.Method, route: String, status: Int, nanoseconds: Int64) {
    let key = Key(method: Self.known.contains(method) ? method.rawValue : "_OTHER", route: route, status: status)
    let timer = timers.withLock { timers in
      if let timer = timers[key] { return timer }
      let labels = [("method", key.method), ("route", key.route), ("status", String(key.status))]
      let timer = Metrics.Timer(label: "http_server_request_duration_seconds", dimensions: labels)
      timers[key] = timer
      return timer
    }
    timer.recordNanoseconds(nanoseconds)
  }

  private static let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
}

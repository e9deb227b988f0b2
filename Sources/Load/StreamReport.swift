import DrillCore
import Histogram
import Synchronization

/// What became of a stream, with latencies from the scheduled time.
public struct StreamReport: Sendable, Equatable {
  /// Requests whose time came.
  public var scheduled = 0
  /// Requests that went out.
  public var sent = 0
  /// Requests that got a reply.
  public var answered = 0
  /// Requests that got a 2xx reply.
  public var ok = 0
  /// Requests not sent for want of room in flight.
  public var dropped = 0
  /// Latency in microseconds by percentile: 50, 90, 99, 99.9 and 100.
  public var latency: [Double: UInt64] = [:]
  /// The generator's own lateness in microseconds by the same percentiles.
  public var lateness: [Double: UInt64] = [:]

  /// The percentiles that are reported.
  public static let percentiles: [Double] = [50, 90, 99, 99.9, 100]

  /// A report of nothing.
  public init() {}

  var samples: [(String, Double)] {
    Self.percentiles.flatMap { percentile in
      [
        ("load.latency_p\(percentile)_us", Double(latency[percentile] ?? 0)),
        ("load.lateness_p\(percentile)_us", Double(lateness[percentile] ?? 0)),
      ]
    }
  }
}

/// The requests of a stream that are on their way, and the sums of those that are done.
final class Flight: Sendable {
  private struct State {
    var inFlight = 0
    var report = StreamReport()
    // One microsecond to ten minutes: longer than anybody's patience.
    var latency = Histogram<UInt64>(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
    var lateness = Histogram<UInt64>(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
  }

  private let state = Mutex(State())

  /// Whether there is room for one more; it takes the room.
  func takeOff(limit: Int) -> Bool {
    state.withLock { state in
      guard state.inFlight < limit else { return false }
      state.inFlight += 1
      state.report.sent += 1
      return true
    }
  }

  func drop() { state.withLock { $0.report.dropped += 1 } }

  /// Counts `event`; `lateness` where it is not that of the event, in nanoseconds.
  func land(_ event: RequestEvent, lateness: Int64? = nil) {
    state.withLock { state in
      state.inFlight -= 1
      if event.status != nil { state.report.answered += 1 }
      if event.outcome == .ok { state.report.ok += 1 }
      if let latency = event.latency { state.latency.record(UInt64(max(latency, 0) / 1_000)) }
      if let lateness = lateness ?? event.lateness { state.lateness.record(UInt64(max(lateness, 0) / 1_000)) }
    }
  }

  func report(scheduled: Int) -> StreamReport {
    state.withLock { state in
      var report = state.report
      report.scheduled = scheduled
      for percentile in StreamReport.percentiles {
        report.latency[percentile] = state.latency.valueAtPercentile(percentile)
        report.lateness[percentile] = state.lateness.valueAtPercentile(percentile)
      }
      return report
    }
  }
}

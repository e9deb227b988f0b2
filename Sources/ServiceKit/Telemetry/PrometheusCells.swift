import Metrics
import Synchronization

/// One number that only grows.
final class CounterCell: CounterHandler, FloatingPointCounterHandler, Sendable {
  private let total = Mutex(0.0)

  func increment(by amount: Int64) { increment(by: Double(amount)) }

  func increment(by amount: Double) {
    // Prometheus takes a counter that falls for a restart: what would make it fall is no count.
    guard amount > 0, amount.isFinite else { return }
    total.withLock { $0 += amount }
  }

  func reset() { total.withLock { $0 = 0 } }

  var value: Double { total.withLock { $0 } }
}

/// One number that comes and goes.
final class GaugeCell: MeterHandler, RecorderHandler, Sendable {
  private struct State {
    var value = 0.0
    var staleFrom: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0 = State(value: value) } }
  func increment(by amount: Double) { state.withLock { $0.value += amount } }
  func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }

  /// Sets a value that says nothing any more after a while: from then on the series isn't shown.
  func set(_ value: Double, freshFor duration: Duration) {
    let staleFrom = ContinuousClock.now + duration
    state.withLock { $0 = State(value: value, staleFrom: staleFrom) }
  }

  /// The value; nil when it is stale.
  var value: Double? {
    let state = self.state.withLock { $0 }
    if let staleFrom = state.staleFrom, staleFrom <= .now { return nil }
    return state.value
  }
}

/// How often values fell below which bounds, their sum and their number.
final class HistogramCell: TimerHandler, RecorderHandler, Sendable {
  /// What the cell holds, taken at one moment.
  struct Reading {
    /// How many values fell into each bucket alone; the last one is that beyond every bound.
    var counts: [UInt64]
    var sum: Double
  }

  let bounds: [Double]
  /// The bounds as they are shown: asked for with every scrape, and always the same.
  let boundTexts: [String]
  private let reading: Mutex<Reading>

  init(bounds: [Double]) {
    self.bounds = bounds
    boundTexts = bounds.map(PrometheusText.number)
    reading = Mutex(Reading(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    // Bounds are inclusive from below: `le` is "less than or equal".
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    reading.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
    }
  }

  func read() -> Reading { reading.withLock { $0 } }
}

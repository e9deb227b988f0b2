import FleetAPI
import ServiceKit
import Synchronization

/// How the provider behaves now. Chance is counted, not thrown: a share of 0.25 is exactly every fourth charge.
final class Behaviour: Sendable {
  enum Fate: Equatable { case charge, fail, decline, chargeSilently }

  struct Values: Sendable, Equatable {
    var latency: Duration
    var capacity: Int
    var errorRate = 0.0
    var silenceRate = 0.0
    var declineRate = 0.0
  }

  private struct State {
    var values: Values
    var errors = 0.0
    var silences = 0.0
    var declines = 0.0
  }

  private let state: Mutex<State>

  init(_ values: Values) {
    state = Mutex(State(values: values))
  }

  var values: Values { state.withLock { $0.values } }

  /// What happens to the next charge.
  func nextFate() -> Fate {
    state.withLock { state in
      if Self.isDue(&state.errors, state.values.errorRate) { return .fail }
      if Self.isDue(&state.declines, state.values.declineRate) { return .decline }
      if Self.isDue(&state.silences, state.values.silenceRate) { return .chargeSilently }
      return .charge
    }
  }

  private static func isDue(_ debt: inout Double, _ rate: Double) -> Bool {
    debt += rate
    guard debt >= 1 - 1e-9 else { return false }
    debt -= 1
    return true
  }

  /// Takes a change over.
  /// - Throws: `ServiceError` 422 naming the first value out of range; then nothing changes.
  func apply(_ change: ProviderBehaviour) throws {
    if let latency = change.latencyMS, !(0...600_000).contains(latency) {
      throw ServiceError.invalid("latency_ms must be from 0 to 600000.")
    }
    if let capacity = change.capacity, !(1...100_000).contains(capacity) {
      throw ServiceError.invalid("capacity must be from 1 to 100000.")
    }
    for (name, rate) in [
      ("error_rate", change.errorRate), ("silence_rate", change.silenceRate), ("decline_rate", change.declineRate),
    ] {
      if let rate, !(0...1).contains(rate) { throw ServiceError.invalid("\(name) must be from 0 to 1.") }
    }
    state.withLock { state in
      if let latency = change.latencyMS { state.values.latency = .milliseconds(latency) }
      if let capacity = change.capacity { state.values.capacity = capacity }
      if let rate = change.errorRate { state.values.errorRate = rate }
      if let rate = change.silenceRate { state.values.silenceRate = rate }
      if let rate = change.declineRate { state.values.declineRate = rate }
    }
  }

  /// The whole behaviour, for whoever asks.
  var described: ProviderBehaviour {
    let values = self.values
    let (seconds, attoseconds) = values.latency.components
    return ProviderBehaviour(
      latencyMS: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000), capacity: values.capacity,
      errorRate: values.errorRate, silenceRate: values.silenceRate, declineRate: values.declineRate)
  }
}

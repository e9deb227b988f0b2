import FleetAPI
import ServiceKit
import Synchronization

/// How the provider behaves now: as it usually does, or under a lease as somebody wants it for a while. Chance is
/// counted, not thrown: a share of 0.25 is exactly every fourth charge.
final class Behaviour: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Fate: Equatable { case charge, fail, failOnce, decline, chargeSilently }

  struct Values: Sendable, Equatable {
    var latency: Duration
    var capacity: Int
    var errorRate = 0.0
    var silenceRate = 0.0
    var declineRate = 0.0
    var latencyFactor = 1.0
    var transientRate = 0.0
    var transientSeed: Int64 = 0
    var hang = Duration.zero

    /// How long one charge takes.
    var serviceTime: Duration { latency * latencyFactor }

    mutating func take(over change: BehaviourChange) {
      if let value = change.common.latencyMS { latency = .milliseconds(value) }
      capacity = change.common.capacity ?? capacity
      errorRate = change.common.errorRate ?? errorRate
      silenceRate = change.common.silenceRate ?? silenceRate
      declineRate = change.common.declineRate ?? declineRate
      latencyFactor = change.latencyFactor ?? latencyFactor
      transientRate = change.transientRate ?? transientRate
      transientSeed = change.transientSeed ?? transientSeed
      if let value = change.hangMS { hang = .milliseconds(value) }
    }
  }

  private struct State {
    var usual: Values
    var leased: (values: Values, until: Instant)?
    var errors = 0.0
    var silences = 0.0
    var declines = 0.0

    func lease(at now: Instant) -> (values: Values, until: Instant)? { leased.flatMap { $0.until > now ? $0 : nil } }
    func values(at now: Instant) -> Values { lease(at: now)?.values ?? usual }
  }

  private let state: Mutex<State>

  init(_ values: Values) {
    state = Mutex(State(usual: values))
  }

  func values(at now: Instant = .now) -> Values { state.withLock { $0.values(at: now) } }

  /// When a charge that is begun now is done. One that is begun under a lease doesn't outlast it by more than it
  /// usually takes: then everything is well again.
  func end(ofChargeBegunAt now: Instant) -> Instant {
    state.withLock { state in
      let end = now + state.values(at: now).serviceTime
      guard let lease = state.lease(at: now) else { return end }
      return min(end, lease.until + state.usual.serviceTime)
    }
  }

  /// What happens to the next charge.
  /// - Parameter attempt: how often its key was sent, this time included.
  func nextFate(key: String, attempt: Int, at now: Instant = .now) -> Fate {
    state.withLock { state in
      let values = state.values(at: now)
      if attempt == 1 && KeyedChance.unit(seed: values.transientSeed, key: key) < values.transientRate {
        return .failOnce
      }
      if Self.isDue(&state.errors, values.errorRate) { return .fail }
      if Self.isDue(&state.declines, values.declineRate) { return .decline }
      if Self.isDue(&state.silences, values.silenceRate) { return .chargeSilently }
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
  /// - Returns: when its lease ends, if it has one.
  /// - Throws: `ServiceError` 422 naming the first value out of range; then nothing changes.
  func apply(_ change: BehaviourChange, at now: Instant = .now) throws -> Instant? {
    if let problem = change.problem { throw ServiceError.invalid(problem) }
    return state.withLock { state in
      guard let seconds = change.leaseSeconds else {
        state.usual.take(over: change)
        return nil
      }
      var values = state.usual
      values.take(over: change)
      let until = now + .seconds(seconds)
      state.leased = (values, until)
      return until
    }
  }

  /// Ends a lease before its time. Without one nothing happens.
  func heal() { state.withLock { $0.leased = nil } }

  /// The whole behaviour, for whoever asks.
  func described(at now: Instant = .now) -> BehaviourChange {
    let (values, until) = state.withLock { ($0.values(at: now), $0.lease(at: now)?.until) }
    var all = BehaviourChange()
    all.common = ProviderBehaviour(
      latencyMS: values.latency.milliseconds, capacity: values.capacity, errorRate: values.errorRate,
      silenceRate: values.silenceRate, declineRate: values.declineRate)
    all.latencyFactor = values.latencyFactor
    all.transientRate = values.transientRate
    all.transientSeed = values.transientSeed
    all.hangMS = values.hang.milliseconds
    all.leaseSeconds = until.map { Double(($0 - now).milliseconds) / 1000 }
    return all
  }
}

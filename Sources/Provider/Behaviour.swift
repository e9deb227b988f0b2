import FleetAPI
import ServiceKit
import Synchronization

/// How the provider behaves now: as it usually does, changed by what leases hold, the newest last. Chance is counted,
/// not thrown: a share of 0.25 is exactly every fourth charge.
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

  private struct Lease {
    var name: String
    var change: BehaviourChange
    var until: Instant
  }

  private struct State {
    var usual: Values
    var leases: [Lease] = []
    var errors = 0.0
    var silences = 0.0
    var declines = 0.0

    func values(at now: Instant) -> Values {
      leases.reduce(into: usual) { values, lease in if lease.until > now { values.take(over: lease.change) } }
    }
  }

  private let state: Mutex<State>

  init(_ values: Values) {
    state = Mutex(State(usual: values))
  }

  func values(at now: Instant = .now) -> Values { state.withLock { $0.values(at: now) } }

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

  /// Takes a change over. One with a lease takes the place of an earlier one of the same name.
  /// - Returns: when its lease ends, if it has one.
  /// - Throws: `ServiceError` 422 naming the first value out of range; then nothing changes.
  func apply(_ change: BehaviourChange, lease name: String = "", at now: Instant = .now) throws -> Instant? {
    if let problem = change.problem { throw ServiceError.invalid(problem) }
    return state.withLock { state in
      guard let seconds = change.leaseSeconds else {
        state.usual.take(over: change)
        return nil
      }
      let until = now + .seconds(seconds)
      state.leases.removeAll { $0.name == name || $0.until <= now }
      state.leases.append(Lease(name: name, change: change, until: until))
      return until
    }
  }

  /// Ends the lease of that name before its time, or every lease. Without one nothing happens.
  func heal(lease name: String? = nil) { state.withLock { $0.leases.removeAll { name == nil || $0.name == name } } }

  /// The whole behaviour, for whoever asks.
  func described(at now: Instant = .now) -> BehaviourChange {
    let (values, until) = state.withLock { ($0.values(at: now), $0.leases.map(\.until).filter { $0 > now }.max()) }
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

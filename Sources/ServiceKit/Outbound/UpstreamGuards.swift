import Metrics
import Resilience
import Synchronization

/// What a caller remembers of its calls of one other service: budget, breaker, bulkhead, and what is told of them. Each
/// part, and its time series, is there only when its feature is on.
final class UpstreamGuards: Sendable {
  private struct State {
    var budget: RetryBudget?
    var breaker: CircuitBreaker?
  }

  let bulkhead: ConcurrencyGate?
  private let state: Mutex<State>
  private let attempts: Counter?
  private let retries: Counter?
  private let exhausted: Counter?
  private let notPermitted: Counter?
  private let rejected: Counter?
  private let gauges: [CircuitBreaker.State: Meter]

  init(_ policy: OutboundPolicy, upstream: String) {
    func counter(_ name: String, if isOn: Bool) -> Counter? {
      isOn ? Counter(label: "http_client_\(name)_total", dimensions: [("upstream", upstream)]) : nil
    }
    let mayRetry = policy.retry.maxAttempts > 1
    state = Mutex(
      State(budget: policy.budget.map { RetryBudget($0) }, breaker: policy.breaker.map(CircuitBreaker.init)))
    bulkhead = policy.bulkhead.map { ConcurrencyGate($0) }
    attempts = counter("attempts", if: mayRetry)
    retries = counter("retries", if: mayRetry)
    exhausted = counter("retry_budget_exhausted", if: mayRetry && policy.budget != nil)
    notPermitted = counter("circuit_breaker_not_permitted", if: policy.breaker != nil)
    rejected = counter("bulkhead_rejected", if: policy.bulkhead != nil)
    gauges =
      policy.breaker.map { _ in
        Dictionary(
          uniqueKeysWithValues: CircuitBreaker.State.allCases.map {
            let labels = [("state", $0.rawValue), ("upstream", upstream)]
            return ($0, Meter(label: "http_client_circuit_breaker_state", dimensions: labels))
          })
      } ?? [:]
    show(.closed)
  }

  /// A call is made for the first time.
  func recordCall() { state.withLock { $0.budget?.recordCall(at: .now) } }

  /// An attempt is sent.
  func recordAttempt() { attempts?.increment() }

  /// Whether the budget has a repetition left, which is taken.
  func tryRetry() -> Bool {
    let isAllowed = state.withLock { $0.budget?.tryRetry(at: .now) ?? true }
    (isAllowed ? retries : exhausted)?.increment()
    return isAllowed
  }

  /// Asks the breaker, if there is one.
  /// - Returns: the leave it gives, if it is needed.
  /// - Throws: `CircuitOpen`.
  func acquire() throws -> CircuitBreaker.Permit? {
    let (permit, wait, shown) =
      changing { breaker in
        let now = ContinuousClock.now
        let permit = breaker.acquire(at: now)
        return (permit, breaker.waitLeft(at: now), true)
      } ?? (nil, .zero, false)
    if shown && permit == nil {
      notPermitted?.increment()
      throw CircuitOpen(wait: wait)
    }
    return permit
  }

  /// An attempt ended.
  func record(_ permit: CircuitBreaker.Permit?, failed: Bool, duration: Duration) {
    guard let permit else { return }
    _ = changing { $0.record(permit, failed: failed, duration: duration, at: .now) }
  }

  /// An attempt wasn't made or says nothing about the callee.
  func release(_ permit: CircuitBreaker.Permit?) {
    guard let permit else { return }
    _ = changing { $0.release(permit) }
  }

  /// An attempt found no room.
  func recordRejection() { rejected?.increment() }

  private func changing<Value: Sendable>(_ change: (inout CircuitBreaker) -> Value) -> Value? {
    state.withLock { state in
      guard var breaker = state.breaker.take() else { return nil }
      let old = breaker.state
      let value = change(&breaker)
      // Under the lock, so that the gauges show the states in their order.
      if breaker.state != old { show(breaker.state) }
      state.breaker = breaker
      return value
    }
  }

  private func show(_ current: CircuitBreaker.State) {
    for (state, gauge) in gauges { gauge.set(state == current ? 1.0 : 0.0) }
  }
}

/// The breaker lets nothing through.
struct CircuitOpen: Error {
  /// For so long.
  var wait: Duration
}

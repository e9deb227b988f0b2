public import Resilience

/// How one other service is called. `<P>_<UPSTREAM>` is the caller's and the callee's name in capitals, such as
/// `GATEWAY_ORDER`. By default a call is made once and bounded by its time-out alone.
///
/// - `..._TIMEOUT` (ms): how long one attempt may take, from asking for a connection to the last byte of the answer.
/// - `..._DEADLINE` (ms, default 0: none): how long all attempts and the waits between may take together.
/// - `..._RETRY_MAX_ATTEMPTS` (attempts, default 1): how often a call is made in all; 1 never repeats it. Only calls
///   that may be repeated are.
/// - `..._RETRY_BASE_INTERVAL` (ms, default 100), `..._RETRY_MAX_INTERVAL` (ms, default ten times the base),
///   `..._RETRY_MULTIPLIER` (default 2): the wait before the first repetition, the longest, and how they grow.
/// - `..._RETRY_JITTER` (`none`, `full` or `equal`, default `full`): how chance spreads the waits: not at all, from
///   zero to the whole interval, or from half of it.
/// - `..._RETRY_ON` (default `connect-failure,reset,timeout,gateway-error`): after what a call is repeated; a list of
///   these words, `5xx`, and single statuses. The words for answers (`5xx`, `gateway-error`) don't mean their absence.
/// - `..._RETRY_AFTER` (`on` or `off`, default `off`): whether `Retry-After` of an answer is waited for, beside the
///   interval; one beyond the longest interval then ends the attempts.
/// - `..._RETRY_BUDGET_PERCENT` (percent of calls, default not set: no budget): how many repetitions the calls of the
///   last seconds allow. 0 leaves those of `..._RETRY_BUDGET_MIN_PER_SECOND` (repetitions a second, default 1), which
///   are allowed whatever the calls. `..._RETRY_BUDGET_WINDOW` (ms, default 10000): for how long calls count.
/// - `..._BREAKER_FAILURE_RATE_THRESHOLD`, `..._BREAKER_SLOW_CALL_RATE_THRESHOLD` (percent, default 0: neither, no
///   breaker): what opens the circuit breaker. Every attempt counts; no answer and 5xx are failures.
///   `..._BREAKER_SLOW_CALL_DURATION_THRESHOLD` (ms, default 60000), `..._BREAKER_SLIDING_WINDOW_TYPE` (`count_based`
///   or `time_based`), `..._BREAKER_SLIDING_WINDOW_SIZE` (calls or seconds, default 100),
///   `..._BREAKER_MINIMUM_NUMBER_OF_CALLS` (default 100), `..._BREAKER_WAIT_DURATION_IN_OPEN_STATE` (ms, default
///   60000), `..._BREAKER_PERMITTED_NUMBER_OF_CALLS_IN_HALF_OPEN_STATE` (default 10): as Resilience4j has them.
/// - `..._BULKHEAD_MAX_CONCURRENT` (attempts, default 0: any number): how many are under way at once;
///   `..._BULKHEAD_MAX_WAIT` (ms, default 0), `..._BULKHEAD_MAX_QUEUE` (default 1000), `..._BULKHEAD_ORDER` (`fifo` or
///   `lifo`): how long, how many and in which order others wait.
/// - `<P>_DEADLINE_PROPAGATION`: as `InboundPolicy` has it; when `on`, callees are told how long is waited for them.
public struct OutboundPolicy: Sendable, Equatable {
  /// How long one attempt may take.
  public var timeout: Duration
  /// How long all attempts may take together; nil: as long as they take.
  public var deadline: Duration?
  /// When a call is repeated.
  public var retry = RetryPolicy()
  /// Whether `Retry-After` is waited for.
  public var honorsRetryAfter = false
  /// What bounds repetitions; nil: nothing.
  public var budget: RetryBudget.Settings?
  /// When the callee isn't called for a while; nil: it always is.
  public var breaker: CircuitBreaker.Settings?
  /// How many attempts are under way at once; nil: any number.
  public var bulkhead: ConcurrencyLimit.Settings?
  /// Whether callees are told how long is waited for them.
  public var propagatesDeadline = false

  /// A policy by which a call is made once.
  public init(timeout: Duration) {
    self.timeout = timeout
  }

  /// The longest that a call can take with all its attempts and waits.
  public var longest: Duration {
    let attempt = timeout + (bulkhead?.maxWait ?? .zero)
    let all = retry.longest(timeout: attempt, extraWait: honorsRetryAfter ? retry.maxInterval : .zero)
    return deadline.map { min($0, all) } ?? all
  }
}

extension OutboundPolicy {
  /// Reads the settings named above.
  /// - Parameters:
  ///   - prefix: the caller's name in capitals.
  ///   - upstream: the callee's name in capitals.
  ///   - timeout: the default of the time-out in ms.
  public init(reading reader: inout SettingsReader, prefix: String, upstream: String, timeout: Int) {
    let name = "\(prefix)_\(upstream)"
    self.init(timeout: reader.milliseconds("\(name)_TIMEOUT", default: timeout))
    let total = reader.milliseconds("\(name)_DEADLINE", default: 0, in: 0...600_000)
    deadline = total > .zero ? total : nil
    retry = reader.retryPolicy("\(name)_RETRY")
    honorsRetryAfter = reader.isOn("\(name)_RETRY_AFTER", default: false)
    budget = reader.retryBudget("\(name)_RETRY_BUDGET")
    breaker = reader.circuitBreaker("\(name)_BREAKER")
    bulkhead = reader.concurrencyLimit(
      max: "\(name)_BULKHEAD_MAX_CONCURRENT", unit: "attempts", queue: "\(name)_BULKHEAD_MAX_QUEUE", defaultQueue: 1000,
      wait: "\(name)_BULKHEAD_MAX_WAIT", defaultWait: 0, order: "\(name)_BULKHEAD_ORDER")
    propagatesDeadline = reader.isOn("\(prefix)_DEADLINE_PROPAGATION", default: false)
  }
}

extension SettingsReader {
  fileprivate mutating func retryPolicy(_ name: String) -> RetryPolicy {
    let base = milliseconds("\(name)_BASE_INTERVAL", default: 100, in: 0...60_000)
    let usual = min(600_000, base.milliseconds * 10)
    let longest = milliseconds("\(name)_MAX_INTERVAL", default: usual, in: 0...600_000)
    if longest < base {
      report(
        "\(name)_MAX_INTERVAL", value: "\(longest.milliseconds)",
        allowed: "at least \(name)_BASE_INTERVAL, \(base.milliseconds)")
    }
    return RetryPolicy(
      maxAttempts: integer("\(name)_MAX_ATTEMPTS", default: 1, in: 1...100, unit: "attempts"), baseInterval: base,
      maxInterval: longest, multiplier: number("\(name)_MULTIPLIER", default: 2, in: 1...10, unit: "factor"),
      jitter: choice("\(name)_JITTER", default: .full), conditions: retryConditions("\(name)_ON"))
  }

  private mutating func retryConditions(_ key: String) -> Set<RetryCondition> {
    guard let text = optionalText(key) else { return RetryPolicy.usualConditions }
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
    let conditions = words.compactMap { RetryCondition($0) }
    if conditions.count != words.count {
      report(key, value: text, allowed: "a list (with commas) of \(RetryCondition.syntax)")
    }
    return Set(conditions)
  }

  fileprivate mutating func retryBudget(_ name: String) -> RetryBudget.Settings? {
    let key = "\(name)_PERCENT"
    let isSet = optionalText(key) != nil
    let settings = RetryBudget.Settings(
      ratio: number(key, default: 0, in: 0...1000, unit: "percent of calls") / 100,
      minPerSecond: number("\(name)_MIN_PER_SECOND", default: 1, in: 0...100_000, unit: "repetitions a second"),
      window: milliseconds("\(name)_WINDOW", default: 10_000, in: 1000...600_000))
    if !isSet { reportIdle(["\(name)_MIN_PER_SECOND", "\(name)_WINDOW"], without: key) }
    return isSet ? settings : nil
  }

  private enum WindowType: String, CaseIterable {
    case countBased = "count_based"
    case timeBased = "time_based"
  }

  fileprivate mutating func circuitBreaker(_ name: String) -> CircuitBreaker.Settings? {
    let failures = number("\(name)_FAILURE_RATE_THRESHOLD", default: 0, in: 0...100, unit: "percent")
    let slow = number("\(name)_SLOW_CALL_RATE_THRESHOLD", default: 0, in: 0...100, unit: "percent")
    let type: WindowType = choice("\(name)_SLIDING_WINDOW_TYPE", default: .countBased)
    let size = integer("\(name)_SLIDING_WINDOW_SIZE", default: 100, in: 1...10_000, unit: "calls or seconds")
    let settings = CircuitBreaker.Settings(
      failureRateThreshold: failures > 0 ? failures : nil, slowCallRateThreshold: slow > 0 ? slow : nil,
      slowCallDurationThreshold: milliseconds("\(name)_SLOW_CALL_DURATION_THRESHOLD", default: 60_000),
      slidingWindow: type == .countBased ? .calls(size) : .time(.seconds(size)),
      minimumNumberOfCalls: integer("\(name)_MINIMUM_NUMBER_OF_CALLS", default: 100, in: 1...10_000, unit: "calls"),
      waitDurationInOpenState: milliseconds("\(name)_WAIT_DURATION_IN_OPEN_STATE", default: 60_000),
      permittedCallsInHalfOpenState: integer(
        "\(name)_PERMITTED_NUMBER_OF_CALLS_IN_HALF_OPEN_STATE", default: 10, in: 1...10_000, unit: "calls"))
    if failures > 0 || slow > 0 { return settings }
    let inert = [
      "SLOW_CALL_DURATION_THRESHOLD", "SLIDING_WINDOW_TYPE", "SLIDING_WINDOW_SIZE", "MINIMUM_NUMBER_OF_CALLS",
      "WAIT_DURATION_IN_OPEN_STATE", "PERMITTED_NUMBER_OF_CALLS_IN_HALF_OPEN_STATE",
    ]
    reportIdle(inert.map { "\(name)_\($0)" }, without: "\(name)_FAILURE_RATE_THRESHOLD")
    return nil
  }
}

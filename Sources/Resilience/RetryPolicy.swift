/// When a call is repeated, and how long to wait before: exponential back-off with jitter, as in "Exponential Backoff
/// And Jitter" (AWS Architecture Blog, 2015).
public struct RetryPolicy: Sendable, Equatable {
  /// How chance spreads the waits of many callers.
  public enum Jitter: String, CaseIterable, Sendable {
    /// Not at all: callers that failed together come back together.
    case none
    /// Anything from nothing to the whole interval.
    case full
    /// Anything from half to the whole interval.
    case equal
  }

  /// How often a call is made in all, 1 or more; 1: never repeated.
  public var maxAttempts: Int
  /// The interval before the first repetition.
  public var baseInterval: Duration
  /// The longest interval.
  public var maxInterval: Duration
  /// By how much each interval is longer than the one before, 1 or more.
  public var multiplier: Double
  /// How chance spreads the waits.
  public var jitter: Jitter
  /// After what a call is repeated.
  public var conditions: Set<RetryCondition>

  /// What is repeated unless something else is said: what another attempt may well mend.
  public static let usualConditions: Set<RetryCondition> = [.connectFailure, .reset, .timeout, .gatewayError]

  /// A policy; by default nothing is repeated.
  public init(
    maxAttempts: Int = 1, baseInterval: Duration = .milliseconds(100), maxInterval: Duration = .seconds(1),
    multiplier: Double = 2, jitter: Jitter = .full, conditions: Set<RetryCondition> = Self.usualConditions
  ) {
    self.maxAttempts = max(1, maxAttempts)
    self.baseInterval = max(.zero, baseInterval)
    self.maxInterval = max(self.baseInterval, maxInterval)
    self.multiplier = max(1, multiplier)
    self.jitter = jitter
    self.conditions = conditions
  }

  /// Whether a call may be made again after attempt number `attempt` (from 1) ended so.
  public func retries(_ outcome: CallOutcome, afterAttempt attempt: Int) -> Bool {
    attempt < maxAttempts && conditions.contains { $0.matches(outcome) }
  }

  /// How long to wait after attempt number `attempt` (from 1), before jitter.
  public func interval(afterAttempt attempt: Int) -> Duration {
    var interval = min(baseInterval, maxInterval)
    // Step by step and never beyond the longest: no power of anything overflows.
    for _ in 1..<max(1, attempt) {
      guard interval < maxInterval, multiplier > 1, interval > .zero else { break }
      interval = min(interval * multiplier, maxInterval)
    }
    return interval
  }

  /// How long to wait after attempt number `attempt` (from 1).
  /// - Parameter random: from 0 to below 1, each as likely.
  public func delay(afterAttempt attempt: Int, random: Double) -> Duration {
    let interval = interval(afterAttempt: attempt)
    return switch jitter {
    case .none: interval
    case .full: interval * random
    case .equal: interval / 2 + interval / 2 * random
    }
  }

  /// The longest that all attempts and waits can take together.
  /// - Parameters:
  ///   - timeout: how long one attempt may take.
  ///   - extraWait: what may be waited before each repetition beside the interval.
  public func longest(timeout: Duration, extraWait: Duration = .zero) -> Duration {
    (1..<max(1, maxAttempts)).reduce(timeout) { $0 + interval(afterAttempt: $1) + extraWait + timeout }
  }
}

import Resilience
import Testing

@testable import ServiceKit

@Suite struct OutboundPolicyTests {
  private func read(_ settings: [String: String]) -> (OutboundPolicy, [SettingsProblem], [String]) {
    var reader = SettingsReader(environment: settings)
    let policy = OutboundPolicy(reading: &reader, prefix: "A", upstream: "B", timeout: 2000)
    return (policy, reader.problems, reader.unknownKeys(prefix: "A_"))
  }

  @Test func byDefaultACallIsMadeOnce() {
    let (policy, problems, _) = read([:])
    #expect(policy == OutboundPolicy(timeout: .seconds(2)))
    #expect(policy.longest == .seconds(2))
    #expect(problems.isEmpty)
  }

  @Test func everySettingIsRead() {
    let (policy, problems, unknown) = read([
      "A_B_TIMEOUT": "300", "A_B_DEADLINE": "1500", "A_DEADLINE_PROPAGATION": "on", "A_B_RETRY_MAX_ATTEMPTS": "4",
      "A_B_RETRY_BASE_INTERVAL": "50", "A_B_RETRY_MAX_INTERVAL": "400", "A_B_RETRY_MULTIPLIER": "3",
      "A_B_RETRY_JITTER": "equal", "A_B_RETRY_ON": "timeout, 5xx,429", "A_B_RETRY_AFTER": "on",
      "A_B_RETRY_BUDGET_PERCENT": "20", "A_B_RETRY_BUDGET_MIN_PER_SECOND": "0.5", "A_B_RETRY_BUDGET_WINDOW": "5000",
      "A_B_BREAKER_FAILURE_RATE_THRESHOLD": "40", "A_B_BREAKER_SLOW_CALL_RATE_THRESHOLD": "80",
      "A_B_BREAKER_SLOW_CALL_DURATION_THRESHOLD": "200", "A_B_BREAKER_SLIDING_WINDOW_TYPE": "time_based",
      "A_B_BREAKER_SLIDING_WINDOW_SIZE": "10", "A_B_BREAKER_MINIMUM_NUMBER_OF_CALLS": "5",
      "A_B_BREAKER_WAIT_DURATION_IN_OPEN_STATE": "2000",
      "A_B_BREAKER_PERMITTED_NUMBER_OF_CALLS_IN_HALF_OPEN_STATE": "3", "A_B_BULKHEAD_MAX_CONCURRENT": "8",
      "A_B_BULKHEAD_MAX_WAIT": "100", "A_B_BULKHEAD_MAX_QUEUE": "16", "A_B_BULKHEAD_ORDER": "lifo",
    ])
    var wanted = OutboundPolicy(timeout: .milliseconds(300))
    wanted.deadline = .milliseconds(1500)
    wanted.propagatesDeadline = true
    wanted.retry = RetryPolicy(
      maxAttempts: 4, baseInterval: .milliseconds(50), maxInterval: .milliseconds(400), multiplier: 3, jitter: .equal,
      conditions: [.timeout, .serverError, .status(429)])
    wanted.honorsRetryAfter = true
    wanted.budget = .init(ratio: 0.2, minPerSecond: 0.5, window: .seconds(5))
    wanted.breaker = .init(
      failureRateThreshold: 40, slowCallRateThreshold: 80, slowCallDurationThreshold: .milliseconds(200),
      slidingWindow: .time(.seconds(10)), minimumNumberOfCalls: 5, waitDurationInOpenState: .seconds(2),
      permittedCallsInHalfOpenState: 3)
    wanted.bulkhead = .init(maxConcurrent: 8, maxQueue: 16, maxWait: .milliseconds(100), order: .lifo)
    #expect(policy == wanted)
    #expect(problems.isEmpty && unknown.isEmpty)
  }

  @Test func everyProblemIsReported() {
    let (_, problems, _) = read([
      "A_B_TIMEOUT": "0", "A_B_DEADLINE": "-1", "A_DEADLINE_PROPAGATION": "yes", "A_B_RETRY_MAX_ATTEMPTS": "0",
      "A_B_RETRY_MULTIPLIER": "0.5", "A_B_RETRY_JITTER": "some", "A_B_RETRY_ON": "timeout,,5xx", "A_B_RETRY_AFTER": "1",
      "A_B_RETRY_BUDGET_PERCENT": "-1", "A_B_BREAKER_FAILURE_RATE_THRESHOLD": "101",
      "A_B_BULKHEAD_MAX_CONCURRENT": "many",
    ])
    #expect(
      Set(problems.map(\.key)) == [
        "A_B_TIMEOUT", "A_B_DEADLINE", "A_DEADLINE_PROPAGATION", "A_B_RETRY_MAX_ATTEMPTS", "A_B_RETRY_MULTIPLIER",
        "A_B_RETRY_JITTER", "A_B_RETRY_ON", "A_B_RETRY_AFTER", "A_B_RETRY_BUDGET_PERCENT",
        "A_B_BREAKER_FAILURE_RATE_THRESHOLD", "A_B_BULKHEAD_MAX_CONCURRENT",
      ])
  }

  @Test func settingsThatSayNothingAreReported() {
    let (_, problems, _) = read([
      "A_B_RETRY_BUDGET_MIN_PER_SECOND": "3", "A_B_BREAKER_MINIMUM_NUMBER_OF_CALLS": "5", "A_B_BULKHEAD_MAX_WAIT": "9",
      "A_B_RETRY_BASE_INTERVAL": "200", "A_B_RETRY_MAX_INTERVAL": "100",
    ])
    #expect(
      Set(problems.map(\.key)) == [
        "A_B_RETRY_BUDGET_MIN_PER_SECOND", "A_B_BREAKER_MINIMUM_NUMBER_OF_CALLS", "A_B_BULKHEAD_MAX_WAIT",
        "A_B_RETRY_MAX_INTERVAL",
      ])
  }

  @Test func aBudgetOfNothingIsABudget() {
    let (policy, problems, _) = read(["A_B_RETRY_BUDGET_PERCENT": "0"])
    #expect(policy.budget == .init(ratio: 0, minPerSecond: 1))
    #expect(problems.isEmpty)
  }

  @Test func theLongestCallHasWaitsAndEndsAtTheDeadline() {
    var (policy, _, _) = read([
      "A_B_TIMEOUT": "1000", "A_B_RETRY_MAX_ATTEMPTS": "3", "A_B_RETRY_BASE_INTERVAL": "100",
      "A_B_RETRY_MULTIPLIER": "1", "A_B_BULKHEAD_MAX_CONCURRENT": "1", "A_B_BULKHEAD_MAX_WAIT": "500",
    ])
    #expect(policy.longest == .milliseconds(3 * 1500 + 200))
    policy.honorsRetryAfter = true
    #expect(policy.longest == .milliseconds(3 * 1500 + 200 + 2000))
    policy.deadline = .seconds(2)
    #expect(policy.longest == .seconds(2))
  }

  @Test func aServiceTakesOnEverythingUnlessItIsTold() throws {
    var reader = SettingsReader(environment: [:])
    #expect(InboundPolicy(reading: &reader, prefix: "A") == InboundPolicy())
    reader = SettingsReader(environment: [
      "A_MAX_CONCURRENT_REQUESTS": "50", "A_MAX_QUEUE": "10", "A_MAX_QUEUE_WAIT": "200", "A_QUEUE_ORDER": "lifo",
      "A_DEADLINE_PROPAGATION": "on",
    ])
    let limit = ConcurrencyLimit.Settings(
      maxConcurrent: 50, maxQueue: 10, maxWait: .milliseconds(200), order: .lifo)
    #expect(InboundPolicy(reading: &reader, prefix: "A") == InboundPolicy(concurrency: limit, honorsDeadlines: true))
    try reader.finish()
    reader = SettingsReader(environment: ["A_MAX_QUEUE": "10"])
    _ = InboundPolicy(reading: &reader, prefix: "A")
    #expect(reader.problems.map(\.key) == ["A_MAX_QUEUE"])
  }
}

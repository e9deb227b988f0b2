import Testing

@testable import Resilience

@Suite struct RetryPolicyTests {
  @Test func nothingIsRepeatedByDefault() {
    let policy = RetryPolicy()
    for outcome in [CallOutcome.connectFailure, .reset, .timeout, .status(503)] {
      #expect(!policy.retries(outcome, afterAttempt: 1))
    }
  }

  @Test func attemptsEndAndOnlyWhatIsNamedIsRepeated() {
    let policy = RetryPolicy(maxAttempts: 3, conditions: [.timeout, .status(429)])
    #expect(policy.retries(.timeout, afterAttempt: 1) && policy.retries(.timeout, afterAttempt: 2))
    #expect(!policy.retries(.timeout, afterAttempt: 3))
    #expect(policy.retries(.status(429), afterAttempt: 1))
    for outcome in [CallOutcome.connectFailure, .reset, .status(503), .status(200), .status(428)] {
      #expect(!policy.retries(outcome, afterAttempt: 1))
    }
  }

  @Test func intervalsGrowToTheLongest() {
    let policy = RetryPolicy(
      maxAttempts: 9, baseInterval: .milliseconds(100), maxInterval: .milliseconds(500), multiplier: 2, jitter: .none)
    #expect((1...5).map { policy.interval(afterAttempt: $0) } == [100, 200, 400, 500, 500].map(Duration.milliseconds))
    #expect(policy.interval(afterAttempt: 1_000_000_000) == .milliseconds(500))
    #expect(RetryPolicy(baseInterval: .zero).interval(afterAttempt: 1_000_000_000) == .zero)
    let steady = RetryPolicy(baseInterval: .milliseconds(7), multiplier: 1)
    #expect(steady.interval(afterAttempt: 1_000_000_000) == .milliseconds(7))
  }

  @Test func jitterStaysWithinItsBounds() {
    var chance = Chance(seed: 1)
    for _ in 0..<2000 {
      let attempt = Int.random(in: 1...12, using: &chance)
      let base = Duration.milliseconds(Int.random(in: 0...500, using: &chance))
      var policy = RetryPolicy(
        baseInterval: base, maxInterval: .seconds(2), multiplier: Double.random(in: 1...4, using: &chance))
      let whole = policy.interval(afterAttempt: attempt)
      let random = Double.random(in: 0..<1, using: &chance)
      for (jitter, least) in [(RetryPolicy.Jitter.none, whole), (.full, .zero), (.equal, whole / 2)] {
        policy.jitter = jitter
        let delay = policy.delay(afterAttempt: attempt, random: random)
        #expect(delay >= least && delay <= whole)
      }
      #expect(whole <= .seconds(2) && whole >= min(base, .seconds(2)))
    }
    let policy = RetryPolicy(jitter: .full)
    #expect(policy.delay(afterAttempt: 1, random: 0) == .zero)
    #expect(policy.delay(afterAttempt: 1, random: 0.5) == .milliseconds(50))
  }

  @Test func theLongestCallHasAllAttemptsAndWaits() {
    let once = RetryPolicy()
    #expect(once.longest(timeout: .seconds(2)) == .seconds(2))
    let policy = RetryPolicy(maxAttempts: 4, baseInterval: .milliseconds(100), maxInterval: .milliseconds(200))
    #expect(policy.longest(timeout: .seconds(1)) == .milliseconds(4000 + 100 + 200 + 200))
    #expect(policy.longest(timeout: .seconds(1), extraWait: .seconds(1)) == .milliseconds(4500 + 3000))
  }

  @Test(arguments: [
    ("connect-failure", RetryCondition.connectFailure), ("reset", .reset), ("timeout", .timeout), ("5xx", .serverError),
    ("gateway-error", .gatewayError), ("503", .status(503)), ("429", .status(429)),
  ])
  func conditionsAreReadAndWritten(word: String, condition: RetryCondition) {
    #expect(RetryCondition(word) == condition)
    #expect(condition.description == word)
  }

  @Test(arguments: ["", "200", "600", "4xx", "timeouts", "+503", "0503", "5XX"])
  func otherWordsAreNone(word: String) {
    #expect(RetryCondition(word) == nil)
  }

  @Test func conditionsMatchWhatTheySay() {
    #expect(RetryCondition.serverError.matches(.status(500)) && RetryCondition.serverError.matches(.status(599)))
    #expect(!RetryCondition.serverError.matches(.status(499)) && !RetryCondition.serverError.matches(.timeout))
    #expect([501, 502, 503, 504, 505].filter { RetryCondition.gatewayError.matches(.status($0)) } == [502, 503, 504])
    #expect(RetryCondition.reset.matches(.reset) && !RetryCondition.reset.matches(.connectFailure))
    #expect(CallOutcome.status(500).isFailure && CallOutcome.reset.isFailure && !CallOutcome.status(499).isFailure)
  }
}

@Suite struct RetryBudgetTests {
  @Test func aShareOfTheCallsMayBeRepeated() {
    var budget = RetryBudget(.init(ratio: 0.1))
    #expect(budget.tryRetry(at: at(0)) == false)
    for call in 0..<10 { budget.recordCall(at: at(call)) }
    #expect(budget.tryRetry(at: at(20)) == true)
    #expect(budget.tryRetry(at: at(21)) == false)
    for call in 0..<20 { budget.recordCall(at: at(30 + call)) }
    #expect((0..<5).map { _ in budget.tryRetry(at: at(60)) } == [true, true, false, false, false])
  }

  @Test func callsAndRepetitionsAreForgotten() {
    var budget = RetryBudget(.init(ratio: 1, window: .seconds(10)))
    for _ in 0..<5 { budget.recordCall(at: at(0)) }
    #expect(budget.tryRetry(at: at(8999)) == true)
    #expect(budget.tryRetry(at: at(10_000)) == false, "what the calls gave is gone, what was taken isn't")
    for _ in 0..<2 { budget.recordCall(at: at(18_000)) }
    #expect(budget.tryRetry(at: at(18_500)) == true)
    #expect(budget.tryRetry(at: at(20_000)) == true)
    #expect(budget.tryRetry(at: at(20_001)) == false)
  }

  @Test func aFewAreAllowedWithoutCalls() {
    var budget = RetryBudget(.init(ratio: 0, minPerSecond: 0.5, window: .seconds(10)))
    #expect((0..<6).map { _ in budget.tryRetry(at: at(0)) } == [true, true, true, true, true, false])
    #expect(budget.tryRetry(at: at(10_000)) == true)
  }

  /// Whatever happens, within any window no more is repeated than the calls of a window before it allow.
  @Test(arguments: 1...20) func repetitionsStayWithinTheBudget(seed: Int) {
    var chance = Chance(seed: seed)
    let settings = RetryBudget.Settings(
      ratio: Double.random(in: 0...0.5, using: &chance), minPerSecond: Double.random(in: 0...2, using: &chance),
      window: .seconds(10))
    var budget = RetryBudget(settings)
    var calls: [Int] = []
    var retries: [Int] = []
    var now = 0
    for _ in 0..<3000 {
      now += Int.random(in: 0...50, using: &chance)
      if Bool.random(using: &chance) {
        budget.recordCall(at: at(now))
        calls.append(now)
      } else if budget.tryRetry(at: at(now)) {
        retries.append(now)
        // The window slides by whole slices: what it holds is at least nine tenths and at most all of ten seconds.
        let recent = retries.filter { $0 > now - 9000 }.count
        let base = calls.filter { $0 > now - 10_000 }.count
        #expect(Double(recent) <= settings.ratio * Double(base) + settings.minPerSecond * 10 + 1e-6)
      }
    }
  }

  @Test func timeThatRunsBackIsNow() {
    var budget = RetryBudget(.init(ratio: 1))
    budget.recordCall(at: at(5000))
    #expect(budget.tryRetry(at: at(4000)) == true)
  }
}

@Suite struct DeadlineTests {
  @Test func theTimeLeftIsWrittenAndRead() throws {
    let deadline = Deadline(in: .milliseconds(1500), from: at(0))
    #expect(deadline.millisecondsLeft(at: at(0)) == "1500")
    #expect(deadline.millisecondsLeft(at: at(0) + .microseconds(500)) == "1499")
    #expect(deadline.millisecondsLeft(at: at(2000)) == "0")
    #expect(deadline.left(at: at(2000)) == .zero && deadline.hasPassed(at: at(1500)))
    #expect(!deadline.hasPassed(at: at(1499)))
    let read = try #require(Deadline(millisecondsLeft: "250", receivedAt: at(100)))
    #expect(read.instant == at(350))
    #expect(Deadline.earliest(deadline, nil, read) == read)
    #expect(Deadline.earliest(nil, nil) == nil)
  }

  @Test(arguments: ["", "-1", "1.5", "10S", "123456789", " 1", "+1"]) func otherTextsAreNone(text: String) {
    #expect(Deadline(millisecondsLeft: text, receivedAt: start) == nil)
  }
}

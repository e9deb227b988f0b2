import Testing

@testable import Resilience

@Suite struct CircuitBreakerTests {
  private let settings = CircuitBreaker.Settings(
    failureRateThreshold: 50, slidingWindow: .calls(10), minimumNumberOfCalls: 4, waitDurationInOpenState: .seconds(5),
    permittedCallsInHalfOpenState: 2)

  /// Makes a call that takes no time.
  @discardableResult
  private func call(
    _ breaker: inout CircuitBreaker, fails: Bool, took: Duration = .zero, at now: ContinuousClock.Instant
  ) -> Bool {
    guard let permit = breaker.acquire(at: now) else { return false }
    breaker.record(permit, failed: fails, duration: took, at: now)
    return true
  }

  private func opened() -> CircuitBreaker {
    var breaker = CircuitBreaker(settings)
    for _ in 0..<4 { call(&breaker, fails: true, at: at(0)) }
    return breaker
  }

  @Test func tooFewCallsSayNothing() {
    var breaker = CircuitBreaker(settings)
    for _ in 0..<3 { call(&breaker, fails: true, at: at(0)) }
    #expect(breaker.state == .closed)
    call(&breaker, fails: true, at: at(0))
    #expect(breaker.state == .open)
  }

  @Test func theRateAtItsThresholdOpens() {
    var breaker = CircuitBreaker(settings)
    for fails in [false, false, true] { call(&breaker, fails: fails, at: at(0)) }
    #expect(breaker.state == .closed)
    call(&breaker, fails: true, at: at(0))
    #expect(breaker.state == .open)
  }

  @Test func oldCallsLeaveTheWindow() {
    var breaker = CircuitBreaker(settings)
    for _ in 0..<10 { call(&breaker, fails: false, at: at(0)) }
    for _ in 0..<4 { call(&breaker, fails: true, at: at(1)) }
    #expect(breaker.state == .closed, "4 of 10")
    call(&breaker, fails: true, at: at(2))
    #expect(breaker.state == .open, "5 of the last 10")
  }

  @Test func slowCallsOpenToo() {
    var breaker = CircuitBreaker(
      .init(
        failureRateThreshold: nil, slowCallRateThreshold: 50, slowCallDurationThreshold: .seconds(1),
        slidingWindow: .calls(4), minimumNumberOfCalls: 2))
    for _ in 0..<4 { call(&breaker, fails: true, took: .seconds(1), at: at(0)) }
    #expect(breaker.state == .closed, "as long as allowed isn't slow, and failures don't count here")
    for _ in 0..<2 { call(&breaker, fails: false, took: .milliseconds(1001), at: at(0)) }
    #expect(breaker.state == .open)
  }

  @Test func openLetsNothingThroughUntilItsWaitIsOver() {
    var breaker = opened()
    #expect(breaker.acquire(at: at(4999)) == nil)
    #expect(breaker.waitLeft(at: at(3000)) == .seconds(2))
    #expect(breaker.acquire(at: at(5000)) != nil)
    #expect(breaker.state == .halfOpen)
    #expect(breaker.waitLeft(at: at(5000)) == .zero)
  }

  @Test func halfOpenLetsSoManyThroughAndDecides() {
    var breaker = opened()
    let first = breaker.acquire(at: at(5000))
    let second = breaker.acquire(at: at(5000))
    #expect(first != nil && second != nil && breaker.acquire(at: at(5000)) == nil)
    if let first { breaker.record(first, failed: false, duration: .zero, at: at(5001)) }
    #expect(breaker.state == .halfOpen)
    if let second { breaker.record(second, failed: false, duration: .zero, at: at(5002)) }
    #expect(breaker.state == .closed)

    breaker = opened()
    call(&breaker, fails: true, at: at(5000))
    call(&breaker, fails: false, at: at(5000))
    #expect(breaker.state == .open, "one of two is the threshold")
    #expect(breaker.acquire(at: at(9999)) == nil && breaker.acquire(at: at(10_000)) != nil)
  }

  @Test func aReleasedPermitIsGivenToTheNext() throws {
    var breaker = opened()
    let permits = [breaker.acquire(at: at(5000)), breaker.acquire(at: at(5000))].compactMap { $0 }
    #expect(permits.count == 2)
    breaker.release(try #require(permits.first))
    #expect(breaker.acquire(at: at(5000)) != nil)
    #expect(breaker.acquire(at: at(5000)) == nil)
  }

  @Test func lateResultsOfAnEarlierStateDoNotCount() throws {
    var breaker = CircuitBreaker(settings)
    let permit = breaker.acquire(at: at(0))
    let late = try #require(permit)
    for _ in 0..<4 { call(&breaker, fails: true, at: at(0)) }
    _ = breaker.acquire(at: at(5000))
    breaker.record(late, failed: true, duration: .seconds(5), at: at(5001))
    breaker.release(late)
    #expect(breaker.state == .halfOpen)
    #expect(breaker.acquire(at: at(5001)) != nil)
    #expect(breaker.acquire(at: at(5001)) == nil)
  }

  @Test func aWindowOfTimeForgets() {
    var breaker = CircuitBreaker(
      .init(failureRateThreshold: 50, slidingWindow: .time(.seconds(10)), minimumNumberOfCalls: 4))
    for _ in 0..<3 { call(&breaker, fails: true, at: at(0)) }
    call(&breaker, fails: true, at: at(10_500))
    #expect(breaker.state == .closed)
    for _ in 0..<3 { call(&breaker, fails: true, at: at(11_000)) }
    #expect(breaker.state == .open)
  }

  @Test func theMinimumNeverExceedsTheWindow() {
    #expect(CircuitBreaker.Settings(slidingWindow: .calls(5), minimumNumberOfCalls: 100).minimumNumberOfCalls == 5)
  }

  /// Against a plain model: the window of calls counts as a list of the last calls does, and permits never exceed what
  /// half-open allows.
  @Test(arguments: 1...30) func itCountsAsAListDoes(seed: Int) {
    var chance = Chance(seed: seed)
    let size = Int.random(in: 1...8, using: &chance)
    let threshold = Double(Int.random(in: 1...100, using: &chance))
    var breaker = CircuitBreaker(
      .init(
        failureRateThreshold: threshold, slidingWindow: .calls(size), minimumNumberOfCalls: size,
        waitDurationInOpenState: .milliseconds(50), permittedCallsInHalfOpenState: 3))
    var history: [Bool] = []
    var flying: [CircuitBreaker.Permit] = []
    var now = 0
    for _ in 0..<500 {
      now += Int.random(in: 0...10, using: &chance)
      let before = breaker.state
      if Bool.random(using: &chance) {
        if let permit = breaker.acquire(at: at(now)) { flying.append(permit) }
        if before == .open && breaker.state == .halfOpen { flying = flying.suffix(1) }
        #expect(breaker.state != .halfOpen || flying.count <= 3)
      } else if let index = flying.indices.randomElement(using: &chance) {
        let failed = Bool.random(using: &chance)
        breaker.record(flying.remove(at: index), failed: failed, duration: .zero, at: at(now))
        if before == .closed {
          history = (history + [failed]).suffix(size)
          let failures = Double(history.filter { $0 }.count)
          let opens = history.count == size && failures * 100 >= threshold * Double(size)
          #expect((breaker.state == .open) == opens)
        }
      }
      if breaker.state != before {
        history = []
        if breaker.state != .halfOpen { flying = [] }
      }
    }
  }
}

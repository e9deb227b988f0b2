import Testing

@testable import ServiceKit

@Suite struct ReplicaRotationTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  @Test func whatWasNeverMeasuredIsNotFresh() {
    var gate = FreshnessGate(maxLag: .seconds(1))
    #expect(!gate.isOpen && gate.lag(at: start) == nil)
    gate.measured(.milliseconds(1000), at: at(0))
    #expect(gate.isOpen)
  }

  @Test func aStaleReplicaLeavesAtOnceAndComesBackAfterTwoGoodLooks() {
    var gate = FreshnessGate(maxLag: .seconds(1))
    gate.measured(.zero, at: at(0))
    gate.measured(.milliseconds(1001), at: at(250))
    #expect(!gate.isOpen)
    gate.measured(.zero, at: at(500))
    #expect(!gate.isOpen)
    gate.measured(.milliseconds(1001), at: at(750))
    gate.measured(.zero, at: at(1000))
    #expect(!gate.isOpen)
    gate.measured(.zero, at: at(1250))
    #expect(gate.isOpen)
  }

  @Test func oneMissedLookIsForgivenWhileTheLastIsYoung() {
    var gate = FreshnessGate(maxLag: .seconds(1))
    gate.measured(.milliseconds(100), at: at(0))
    gate.missed(at: at(500))
    #expect(gate.isOpen)
    #expect(gate.lag(at: at(500)) == .milliseconds(600))
    gate.missed(at: at(750))
    #expect(!gate.isOpen)
    var slow = FreshnessGate(maxLag: .seconds(1))
    slow.measured(.milliseconds(100), at: at(0))
    slow.missed(at: at(901))
    #expect(!slow.isOpen)
  }

  @Test func lagIsMeasuredByThePrimarysClockAlone() {
    // Clocks that differ by years change nothing.
    let beat = PrimaryBeat(written: 5_000_000, clock: 5_100_000, seen: at(0))
    #expect(beat.lag(of: 5_000_000, at: at(9000)) == .zero)
    #expect(beat.lag(of: 5_250_000, at: at(0)) == .zero)
    #expect(beat.lag(of: 4_000_000, at: at(20)) == .milliseconds(1120))
  }

  /// Who is let through at these times, in ms.
  private func admitted(_ ejection: inout OutlierEjection, at times: Int...) -> [Bool] {
    times.map { ejection.admit(at: at($0)) }
  }

  @Test func aFailedServerIsOutForAWhileAndThenTriedByOne() {
    var ejection = OutlierEjection()
    var seen = admitted(&ejection, at: 0)
    #expect(seen == [true])
    ejection.failed(isCertain: true, at: at(0))
    seen = admitted(&ejection, at: 999, 1000, 1001)
    #expect(seen == [false, true, false])
    ejection.failed(isCertain: true, at: at(1250))
    seen = admitted(&ejection, at: 3249, 3250)
    #expect(seen == [false, true])
    ejection.succeeded()
    seen = admitted(&ejection, at: 3251, 3251)
    #expect(seen == [true, true])
  }

  @Test func anEjectionHasAnEnd() {
    var ejection = OutlierEjection()
    for _ in 0..<100 { ejection.failed(isCertain: true, at: at(0)) }
    let seen = admitted(&ejection, at: 9999, 10_000)
    #expect(seen == [false, true])
  }

  @Test func slowStatementsCountOnlyInARow() {
    var ejection = OutlierEjection()
    for _ in 0..<5 {
      ejection.failed(isCertain: false, at: at(0))
      ejection.failed(isCertain: false, at: at(0))
      ejection.succeeded()
    }
    #expect(!ejection.isEjected)
    for _ in 0..<3 { ejection.failed(isCertain: false, at: at(0)) }
    #expect(ejection.isEjected)
  }
}

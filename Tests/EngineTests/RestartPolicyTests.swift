import Testing

@testable import Engine

@Suite struct RestartPolicyTests {
  @Test func neverMeansNever() {
    #expect(RestartPolicy.never.delay(failed: true, runs: 0) == nil)
  }

  @Test func onFailureWantsAFailureAndCounts() {
    #expect(RestartPolicy.onFailure(limit: 2).delay(failed: false, runs: 0) == nil)
    #expect(RestartPolicy.onFailure(limit: 2).delay(failed: true, runs: 1) == 0.2)
    #expect(RestartPolicy.onFailure(limit: 2).delay(failed: true, runs: 2) == nil)
    #expect(RestartPolicy.onFailure(limit: nil).delay(failed: true, runs: 1000) == 5)
  }

  @Test func waitsDoubleUpToFiveSeconds() {
    let waits = (0..<8).map { RestartPolicy.always.delay(failed: false, runs: $0) }
    #expect(waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5])
  }
}

import DrillCore
import Testing

@testable import Grading

@Suite struct FiredAlertsTests {
  @Test func theJudgedAlertIsToldFromOneOfAnEarlierTrial() {
    var history = History()
    history.addAlert("Slow", "firing", at: 20)
    history.addAlert("Old", "firing", at: 30)
    history.addFault("f", "inject", at: 130)
    history.addFault("f", "verified", at: 132)
    history.addAlert("Old", "firing", at: 135)
    history.addAlert("Judged", "firing", at: 140)
    history.addAlert("Later", "firing", at: 150)
    history = history.phase("mitigated", from: 10, to: 50).phase("prevented.hold", from: 120, to: 190)
      .phase("prevented", from: 100, to: 200)
    #expect(
      FiredAlert.all(in: history) == [
        FiredAlert(at: 20, name: "Slow", trial: "mitigated", isJudged: false),
        FiredAlert(at: 140, name: "Judged", trial: "prevented", isJudged: true),
      ])
  }

  /// As for the verdict: what nobody saw take effect can have made no alert fire.
  @Test func withoutAFaultThatWasSeenNoAlertIsJudged() {
    var history = History()
    history.addFault("f", "inject", at: 130)
    history.addAlert("Judged", "firing", at: 140)
    history = history.phase("prevented.hold", from: 120, to: 190)
    #expect(FiredAlert.all(in: history).map(\.isJudged) == [false])
  }

  @Test func anAlertThatIsBothIsSaidOnce() {
    var history = History()
    history.addFault("f", "verified", at: 130)
    history.addAlert("Judged", "firing", at: 140)
    history = history.phase("prevented.hold", from: 120, to: 190)
    #expect(FiredAlert.all(in: history).count == 1)
    #expect(FiredAlert.all(in: History()).isEmpty)
  }
}

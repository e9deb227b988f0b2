import DrillCore
import Testing

@testable import Grading

@Suite struct AlertFiresFirstTests {
  private let check = AlertFiresFirst(plan: Written.plan("alert-fires-first"))

  /// Connections are taken away from 100 to 200.
  private func history(until end: Int64 = 200, _ change: (inout History) -> Void) -> History {
    var history = History()
    history.addProbe("prometheus", at: 110)
    history.addFault("hold-connections", "verified", at: 111, parameters: ["trial": "t"])
    history.add(stream: "users", op: "browse", at: 101)
    for alert in ["Filling", "AnyTraffic", "Chronic"] { history.addProbe("alert.foundation", at: 190, text: alert) }
    change(&history)
    return history.phase("t.hold", from: 100, to: end)
  }

  @Test func firstTheAlertThenTheRefusal() {
    let finding = check.evaluate(
      history {
        $0.addAlert("Filling", "pending", at: 120)
        $0.addAlert("Filling", "firing", at: 130)
        $0.add(stream: "users", op: "browse", at: 140, status: 503)
      })
    #expect(finding.status == .met)
  }

  @Test func anAlertWithoutAnyRefusalIsInTime() {
    #expect(check.evaluate(history { $0.addAlert("Filling", "firing", at: 130) }).status == .met)
  }

  @Test func tooLate() {
    let finding = check.evaluate(
      history(until: 3_000_000) {
        $0.addAlert("Filling", "firing", at: 2_000_000)
        $0.add(stream: "users", op: "browse", at: 120, status: 503)
      })
    #expect(finding.reason == "alert_late")
  }

  @Test(arguments: [(200, 2, true), (200, 3, false), (99, 1, false)])
  func theObjectiveAllowsOneOfAHundred(users: Int, refused: Int, met: Bool) {
    let finding = check.evaluate(
      history(until: 9_000_000) {
        // One user is there already; a reply comes a millisecond after its request.
        for index in 1..<users {
          $0.add(stream: "users", op: "browse", at: 120 + Int64(index), status: index <= refused ? 503 : 200)
        }
        $0.addAlert("Filling", "firing", at: 8_000_000)
      })
    #expect(finding.reason == (met ? nil : "alert_late"))
  }

  @Test(
    arguments: [
      ("0.02", 200, 4, true), ("0.02", 200, 5, false), ("0.29", 100, 29, true), ("0.29", 100, 30, false),
      ("0", 200, 0, true), ("0", 200, 1, false), (nil, 200, 2, true), (nil, 200, 3, false),
    ] as [(String?, Int, Int, Bool)])
  func theObjectiveIsTheScenarios(share: String?, users: Int, refused: Int, met: Bool) {
    let check = AlertFiresFirst(plan: Written.plan("alert-fires-first", share.map { ["share": $0] } ?? [:]))
    let finding = check.evaluate(
      history(until: 9_000_000) {
        for index in 1..<users {
          $0.add(stream: "users", op: "browse", at: 120 + Int64(index), status: index <= refused ? 503 : 200)
        }
        $0.addAlert("Filling", "firing", at: 8_000_000)
      })
    #expect(finding.reason == (met ? nil : "alert_late"))
    let words = ["0.02": "2 %", "0.29": "29 %", "0": "0 %"][share ?? ""] ?? "1 %"
    #expect(finding.expected == "an alert fires before \(words) of the users are refused, and is silent at rest")
  }

  @Test func aPartOfAPercentIsSaid() {
    let check = AlertFiresFirst(plan: Written.plan("alert-fires-first", ["share": "0.005"]))
    #expect(check.evaluate(History()).expected.hasPrefix("an alert fires before 0.5 % of"))
  }

  @Test func pendingIsNotFiring() {
    #expect(check.evaluate(history { $0.addAlert("Filling", "pending", at: 130) }).reason == "no_alert")
  }

  @Test func alwaysOn() {
    #expect(check.evaluate(history { $0.addAlert("Filling", "firing", at: 50) }).reason == "alert_always_on")
  }

  @Test func aChronicAlertDoesNotHideAGoodOne() {
    let finding = check.evaluate(
      history {
        $0.addAlert("Chronic", "firing", at: 50)
        $0.addAlert("Filling", "firing", at: 130)
      })
    #expect(finding.status == .met)
  }

  /// Connections are taken away at 20 s.
  private func rested(_ change: (inout History) -> Void) -> Finding {
    var history = History()
    change(&history)
    history.addProbe("prometheus", at: Self.second * 20)
    history.addFault("hold-connections", "verified", at: Self.second * 20 + 1, parameters: ["trial": "t"])
    history.add(stream: "users", op: "browse", at: Self.second * 20 + 1)
    history.addProbe("alert.foundation", at: Self.second * 29, text: "Filling")
    history.addAlert("Filling", "firing", at: Self.second * 22)
    history.events.sort { $0.at < $1.at }
    return check.evaluate(history.phase("t.hold", from: Self.second * 20, to: Self.second * 30))
  }
  private static let second: Int64 = 1_000_000_000

  /// Silent at rest is silent for 12 s on end.
  @Test(arguments: [(1.0, 7.9, true), (1.0, 8.1, false), (8.1, 9.0, false), (19.0, 19.5, false), (1.0, 20.5, false)])
  func whatFiredBeforeAndWentSilentLongAgoMayFireAgain(from: Double, to: Double, met: Bool) {
    let finding = rested {
      $0.addAlert("Filling", "firing", at: Int64(from * 1e9))
      $0.addAlert("Filling", "inactive", at: Int64(to * 1e9))
    }
    #expect(finding.reason == (met ? nil : "alert_always_on"))
  }

  /// At rest is before the fault was ordered, and not the moment at which it was.
  @Test func whatFiresTheMomentTheFaultComesIsNew() {
    #expect(check.evaluate(history { $0.addAlert("Filling", "firing", at: 111) }).status == .met)
    #expect(check.evaluate(history { $0.addAlert("Filling", "firing", at: 110) }).reason == "alert_always_on")
  }

  /// A right rule may be true for a moment at any time; one that has been true for long was about to fire.
  @Test(arguments: [(17.9, 99.0, false), (18.1, 99.0, true), (15.0, 19.0, true)])
  func whatWasOnItsWayForLongDoesNotCount(from: Double, to: Double, met: Bool) {
    let finding = rested {
      $0.addAlert("Filling", "pending", at: Int64(from * 1e9))
      if to < 20 { $0.addAlert("Filling", "inactive", at: Int64(to * 1e9)) }
    }
    #expect(finding.reason == (met ? nil : "alert_always_on"))
  }

  @Test func anAlertThatNeedsNoFigureFollowsTheClock() {
    let finding = check.evaluate(
      history {
        $0.addAlert("Clock", "firing", at: 130)
        $0.addProbe("alert.foundation", at: 191, ok: false, text: "Clock")
      })
    #expect(finding.status == .violated && finding.reason == "alert_follows_clock")
    let both = check.evaluate(
      history {
        $0.addAlert("Clock", "firing", at: 130)
        $0.addAlert("Filling", "firing", at: 140)
        $0.addProbe("alert.foundation", at: 191, ok: false, text: "Clock")
      })
    #expect(both.status == .met && both.observed.contains("Filling"))
  }

  /// Three that take turns have all fired shortly before; the one that is on is seen to follow the clock.
  @Test func alertsThatTakeTurnsFollowTheClock() {
    func finding(_ change: (inout History) -> Void) -> Finding {
      check.evaluate(
        history {
          for (name, at) in [("One", Int64(50)), ("Two", 60)] { $0.addAlert(name, "firing", at: at) }
          $0.addProbe("alert.foundation", at: 191, ok: false, text: "One")
          change(&$0)
        })
    }
    let turns = finding {
      $0.addAlert("One", "inactive", at: 70)
      $0.addAlert("One", "firing", at: 180)
    }
    #expect(turns.reason == "alert_follows_clock")
    // What never stopped has not begun.
    #expect(finding { _ in }.reason == "alert_always_on")
  }

  @Test func aRuleThatNobodyCouldLookAtProvesNothing() {
    let finding = check.evaluate(
      history {
        $0.addAlert("Unknown", "firing", at: 130)
        $0.addProbe("alert.foundation", at: 191, ok: false, text: "time-out", labels: ["dead": "true"])
      })
    #expect(finding.status == .inconclusive && finding.reason == "probe_dead")
  }

  @Test func aBadRequestIsNoRefusal() {
    let finding = check.evaluate(
      history(until: 3_000_000) {
        $0.addAlert("Filling", "firing", at: 2_000_000)
        $0.add(stream: "users", op: "cancel", at: 120, status: 409)
      })
    #expect(finding.status == .met)
  }

  @Test func onlyWhatFiresAfterConnectionsAreSeenToBeHeldCounts() {
    let finding = check.evaluate(
      history {
        $0.addFault("hold-connections", "inject", at: 102, parameters: ["trial": "t"])
        $0.addAlert("Filling", "firing", at: 105)
      })
    #expect(finding.reason == "fault_not_verified")
  }

  @Test func usersMustBeAtWork() {
    func without(_ change: (inout History) -> Void) -> Finding {
      var history = history { $0.addAlert("Filling", "firing", at: 130) }
      history.events.removeAll { if case .request = $0.kind { true } else { false } }
      change(&history)
      return check.evaluate(history)
    }
    #expect(without { _ in }.reason == "load_not_delivered")
    #expect(without { $0.add(stream: "users", op: "browse", at: 150, status: 503) }.reason == "no_success_of_op")
    let closed = without { $0.addProbe("front-door", at: 99, ok: false, labels: ["phase": "t.hold"]) }
    #expect(closed.status == .violated && closed.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    var deaf = History().phase("t.hold", from: 100, to: 200)
    deaf.addProbe("prometheus", at: 110, ok: false, labels: ["dead": "true"])
    #expect(check.evaluate(deaf).reason == "probe_dead")
    var unheld = History()
    unheld.addProbe("prometheus", at: 110)
    #expect(check.evaluate(unheld.phase("t.hold", from: 100, to: 200)).reason == "fault_not_verified")
  }

  private func deaf(_ history: inout History, at: Int64) {
    history.addProbe("prometheus", at: at, ok: false, labels: ["dead": "true"])
  }

  @Test func whoIsNotHeardToTheEndMayHaveFired() {
    let silent = check.evaluate(history { deaf(&$0, at: 150) })
    #expect(silent.status == .inconclusive && silent.reason == "probe_dead")
    // Whatever fires goes on while the fault lasts: later answers make up for one that is missing.
    let heard = check.evaluate(
      history {
        deaf(&$0, at: 150)
        $0.addProbe("prometheus", at: 160)
      })
    #expect(heard.reason == "no_alert")
  }

  @Test(arguments: [(1_000_000, 1_500_000, "probe_dead"), (1_500_000, 1_000_000, "alert_late")])
  func whoWasNotHeardInBetweenMayHaveFiredInTime(dead: Int64, other: Int64, reason: String) {
    let finding = check.evaluate(
      history(until: 3_000_000) {
        $0.addProbe("prometheus", at: 115)
        // The reply comes a millisecond after the request.
        $0.add(stream: "users", op: "browse", at: 120, status: 503)
        for at in [dead, other].sorted() {
          if at == dead { deaf(&$0, at: at) }
          if at == other, reason == "alert_late" { $0.addProbe("prometheus", at: 1_800_000) }
        }
        $0.addProbe("prometheus", at: 1_999_999)
        $0.addAlert("Filling", "firing", at: 2_000_000)
      })
    #expect(finding.reason == reason)
  }

  @Test func whatWasAboutBeforeHasToBeKnown() {
    func history(_ change: (inout History) -> Void) -> History {
      var history = History()
      change(&history)
      history.addFault("hold-connections", "verified", at: 111, parameters: ["trial": "t"])
      history.add(stream: "users", op: "browse", at: 101)
      history.addProbe("alert.foundation", at: 190, text: "Filling")
      history.addProbe("prometheus", at: 129)
      history.addAlert("Filling", "firing", at: 130)
      return history.phase("t.hold", from: 100, to: 200)
    }
    #expect(check.evaluate(history { deaf(&$0, at: 105) }).reason == "probe_dead")
    #expect(check.evaluate(history { $0.addProbe("prometheus", at: 105) }).status == .met)
    let rested = history {
      $0.addProbe("prometheus", at: 50)
      $0 = $0.phase("t.rest", from: 10, to: 90)
      deaf(&$0, at: 105)
    }
    #expect(check.evaluate(rested).status == .met)
  }
}

@Suite struct PreflightGuardsTests {
  private let check = PreflightGuards(plan: Written.plan("preflight-guards"))

  private func history(
    _ runs: [(replicas: Int, purpose: String, status: Int)], _ change: (inout History) -> Void = { _ in }
  )
    -> History
  {
    var history = History()
    for run in runs {
      history.addProbe(
        "preflight", at: 10, ok: run.status == 0, value: Double(run.status),
        labels: ["replicas": "\(run.replicas)", "purpose": run.purpose])
    }
    change(&history)
    return history.phase("t.preflight", from: 0, to: 100)
  }
  private let good = [(101, "good", 0), (200, "good", 0)]

  @Test func countedConnectionsDecide() {
    #expect(check.evaluate(history(good + [(299, "over", 1)])).status == .met)
    #expect(check.evaluate(history(good + [(299, "over", 0)])).reason == "preflight_lets_through")
    #expect(check.evaluate(history([(101, "good", 0), (200, "good", 1)])).reason == "preflight_refuses_good")
  }

  @Test(arguments: [124, 126, 127, 137])
  func aPreflightThatDoesNotRunIsBroken(status: Int) {
    #expect(check.evaluate(history([(101, "good", status)])).reason == "preflight_broken")
    #expect(check.evaluate(history(good + [(299, "over", status)])).reason == "preflight_broken")
  }

  @Test func sharedConnectionsNeedALineThatCanBeTried() {
    func line(_ ok: Bool, _ value: Double?, _ labels: [String: String]) -> Finding {
      check.evaluate(history(good) { $0.addProbe("preflight.line", at: 20, ok: ok, value: value, labels: labels) })
    }
    #expect(line(false, nil, [:]).reason == "preflight_lets_through")
    #expect(line(true, 241, ["provable": "false"]).reason == "preflight_unproven")
    #expect(line(true, 200, ["provable": "true", "tried": "true"]).status == .met)
    #expect(line(true, 220, ["provable": "true", "tried": "false"]).reason == "not_tried")
  }

  @Test(arguments: [(200, nil), (500, "preflight_lets_through")] as [(Int, String?)])
  func aLineThatIsNotYetTriedIsTried(status: Int, reason: String?) {
    var history = history(good) {
      $0.addProbe("preflight.line", at: 20, value: 3, labels: ["provable": "true", "tried": "false"])
    }
    history.addRows("t.edge.window.targets", at: 200, columns: ["node"], [["i-1"], ["i-2"], ["i-3"]])
    for (index, node) in ["i-1", "i-2", "i-3"].enumerated() {
      let at = 300 + Int64(index)
      history.add(stream: "sweep", op: "stock", target: node, at: at, status: index == 1 ? status : 200)
      history.add(stream: "sweep", op: "reserve", target: node, at: at)
    }
    #expect(check.evaluate(history.phase("t.edge.window", from: 250, to: 5_000_000)).reason == reason)
  }

  @Test func silenceIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(history(good)).reason == "probe_dead")
  }
}

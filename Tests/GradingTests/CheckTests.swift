import DrillCore
import Testing

@testable import Grading

/// Hand-written histories: a second is 1_000_000_000, the window of the trial `t` lasts from 0 to 10 s.
enum Written {
  static let second: Int64 = 1_000_000_000

  static func plan(_ kind: String, _ parameters: [String: String] = [:]) -> CheckPlan {
    CheckPlan(id: kind, kind: kind, tier: .mitigated, trial: "t", section: "mitigation", parameters: parameters)
  }

  /// Has the first request go out so many nanoseconds late.
  static func delay(_ history: inout History, by late: Int64) {
    for index in history.events.indices {
      guard case .request(var request) = history.events[index].kind else { continue }
      request.sent = request.scheduled + late
      history.events[index] = Event(at: history.events[index].at, .request(request))
      return
    }
  }

  static let serving: [String: String] = [
    "instances": "3", "refuses": "instance_refuses", "missing": "instances_missing",
  ]

  /// Three instances, each visited for both operations in each second, all answered.
  static func sweep(_ nodes: [String] = ["i-1", "i-2", "i-3"]) -> History {
    var history = History()
    history.addRows("t.window.targets", at: 0, columns: ["node", "address"], nodes.map { [$0, "127.0.0.1"] })
    var planned = 0
    for second in 0..<10 {
      for (index, node) in nodes.enumerated() {
        let at = Int64(second) * self.second + Int64(index) * 10_000_000 + 1
        history.add(
          stream: "sweep", op: "stock", target: node, at: at, instance: node, labels: ["sku": "SKU-0401"],
          values: ["on_hand": second < 5 ? 100 : 110])
        history.add(
          stream: "sweep", op: "reserve", target: node, at: at + 5_000_000, status: 201, instance: node,
          key: "\(node)-\(second)")
        planned += 2
      }
    }
    history.addPlanned(planned, stream: "sweep", phase: "t.window", at: 0)
    return history
  }

  static func windowed(_ history: History, reason: String? = nil) -> History {
    history.phase("t.window", from: 0, to: 10 * second, reason: reason)
  }
}

@Suite struct EveryInstanceServesTests {
  private let check = EveryInstanceServes(
    plan: Written.plan("every-instance-serves", Written.serving), operations: [.stock, .reserve])

  @Test func allServe() {
    #expect(check.evaluate(Written.windowed(Written.sweep())).status == .met)
  }

  @Test func oneRefusalOfOneInstanceIsOneTooMany() {
    var history = Written.sweep()
    history.add(stream: "sweep", op: "stock", target: "i-2", at: 5, status: 500, instance: "i-2")
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.reason == "instance_refuses")
    #expect(finding.observed.contains("2 of 3") && finding.observed.contains("i-2"))
  }

  @Test(arguments: [503, 404, 429, 302, nil])
  func everyKindOfRefusalCounts(status: Int?) {
    var history = Written.sweep()
    history.add(stream: "sweep", op: "stock", target: "i-2", at: 5, status: status, code: "timeout")
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_refuses")
  }

  @Test func refusalsOutsideTheWindowDoNotCount() {
    var history = Written.sweep()
    history.add(stream: "sweep", op: "stock", target: "i-2", at: 11 * Written.second, status: 500)
    #expect(check.evaluate(Written.windowed(history)).status == .met)
  }

  @Test func fewerInstancesAreMissing() {
    #expect(check.evaluate(Written.windowed(Written.sweep(["i-1", "i-2"]))).reason == "instances_missing")
    var counted = Written.sweep()
    counted.addProbe("instances", at: 0, ok: false, value: 2, labels: ["trial": "t"])
    #expect(check.evaluate(counted).reason == "instances_missing")
  }

  @Test func moreInstancesAreFineAndMustServeToo() {
    var history = Written.sweep(["i-1", "i-2", "i-3", "i-4"])
    #expect(check.evaluate(Written.windowed(history)).status == .met)
    history.add(stream: "sweep", op: "stock", target: "i-4", at: 5, status: 500)
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_refuses")
  }

  @Test func undeliveredLoadIsInconclusive() {
    var history = Written.sweep()
    history.addPlanned(60, stream: "sweep", phase: "t.window", at: 0)
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.status == .inconclusive && finding.reason == "load_not_delivered")
  }

  @Test func aLateGeneratorProvesNothingByWhatItSentLate() {
    func late(_ status: Int?) -> History {
      var history = Written.sweep()
      for index in 0..<10 {
        history.events.append(
          Event(
            at: Written.second,
            .request(
              RequestEvent(
                stream: "sweep", op: "stock", target: "i-1", scheduled: Int64(index), sent: Written.second,
                done: Written.second, status: status, outcome: status.map { Outcome(status: $0) } ?? .unknown,
                code: status == nil ? "timeout" : nil))))
      }
      return Written.windowed(history)
    }
    #expect(check.evaluate(late(nil)).reason == "load_not_delivered")
    #expect(check.evaluate(late(200)).reason == "load_not_delivered")
    // A burst after a pause of the generator's own may well be refused by a healthy instance.
    #expect(check.evaluate(late(500)).reason == "load_not_delivered")
    var punctual = late(500)
    punctual.add(stream: "sweep", op: "stock", target: "i-2", at: 7, status: 500)
    #expect(check.evaluate(punctual).reason == "instance_refuses")
  }

  @Test func anOperationWithoutSuccessIsInconclusive() {
    var history = Written.sweep()
    history.events.removeAll { if case .request(let request) = $0.kind { request.op == "reserve" } else { false } }
    history.events.removeAll { if case .sample = $0.kind { true } else { false } }
    #expect(check.evaluate(Written.windowed(history)).reason == "no_success_of_op")
  }

  @Test func anUnvisitedInstanceIsInconclusive() {
    var history = Written.sweep()
    history.events.removeAll {
      if case .request(let request) = $0.kind { request.op == "reserve" && request.target == "i-3" } else { false }
    }
    history.events.removeAll { if case .sample = $0.kind { true } else { false } }
    #expect(check.evaluate(Written.windowed(history)).reason == "load_not_delivered")
  }

  @Test func silenceAndShortWindowsNeverPass() {
    #expect(check.evaluate(History()).reason == "not_tried")
    let short = check.evaluate(Written.windowed(Written.sweep(), reason: "interrupted"))
    #expect(short.status == .inconclusive && short.reason == "load_not_delivered")
  }
}

@Suite struct InstancesAreThemselvesTests {
  private let check = InstancesAreThemselves(plan: Written.plan("instances-are-themselves"))

  /// The sweep, after which each instance was asked alone.
  private func asked(_ nodes: [String] = ["i-1", "i-2", "i-3"]) -> History {
    var history = Written.sweep()
    for (index, node) in nodes.enumerated() {
      history.add(
        stream: "alone", op: "stock", target: node, at: Written.second * Int64(11 + index), instance: node)
    }
    return history
  }

  @Test func eachAnswersForItself() {
    var history = asked()
    history.addRows("reservations", at: 0, columns: ["id", "instance"], [["i-1-0", "i-1"]])
    history.addRows(
      "t.window.listeners", at: 0, columns: ["node", "pids", "own"], [["i-1", "7", "true"], ["i-2", nil, "unknown"]])
    #expect(check.evaluate(Written.windowed(history)).status == .met)
  }

  @Test func anotherNameIsAnImpostor() {
    var history = Written.sweep()
    history.add(stream: "sweep", op: "stock", target: "i-3", at: 9, instance: "i-1")
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_impostor")
  }

  @Test func noNameIsAnImpostor() {
    var history = Written.sweep()
    history.add(stream: "sweep", op: "stock", target: "i-3", at: 9)
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_impostor")
  }

  @Test func anotherProcessIsAnImpostor() {
    var history = Written.sweep()
    history.addRows("t.window.listeners", at: 0, columns: ["node", "pids", "own"], [["i-1", "7", "false"]])
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_impostor")
  }

  @Test func anotherWriterIsAnImpostor() {
    var history = Written.sweep()
    history.addRows("reservations", at: 0, columns: ["id", "instance"], [["i-1-0", "i-2"]])
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_impostor")
  }

  @Test func whoAnswersOnlyAmongOthersLeansOnThem() {
    var history = asked(["i-1", "i-2"])
    history.add(stream: "alone", op: "stock", target: "i-3", at: 14 * Written.second, status: nil)
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.reason == "instance_leans_on_others" && finding.observed.contains("i-3"))
    history = asked(["i-1", "i-2"])
    history.add(stream: "alone", op: "stock", target: "i-3", at: 14 * Written.second, status: 502, instance: "i-3")
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_leans_on_others")
  }

  @Test func anotherNameAloneIsAnImpostor() {
    var history = asked(["i-1", "i-2"])
    history.add(stream: "alone", op: "stock", target: "i-3", at: 14 * Written.second, instance: "i-1")
    #expect(check.evaluate(Written.windowed(history)).reason == "instance_impostor")
  }

  @Test func whoWasNotAskedAloneIsUnknown() {
    #expect(check.evaluate(Written.windowed(Written.sweep())).reason == "not_tried")
    #expect(check.evaluate(Written.windowed(asked(["i-1", "i-2"]))).reason == "not_tried")
  }

  @Test func silenceIsInconclusive() {
    #expect(check.evaluate(Written.windowed(History())).reason == "no_success_of_op")
  }
}

@Suite struct SurvivesACrashTests {
  private let check = SurvivesACrash(plan: Written.plan("survives-a-crash"))

  private func history(_ change: (inout History) -> Void = { _ in }, kept: [String] = ["k-1", "k-2"]) -> History {
    var history = History()
    for (index, key) in ["k-1", "k-2"].enumerated() {
      history.add(stream: "crash", op: "reserve", target: "i-1", at: Int64(index + 1) * 10, status: 201, key: key)
    }
    history.add(stream: "crash", op: "reserve", target: "i-1", at: 30, status: nil, key: "k-3")
    history.addFault("crash", "inject", at: 31, parameters: ["trial": "t"])
    history.addFault("crash", "verified", at: 32, parameters: ["trial": "t"])
    history.addProbe("crash.database", at: 40, value: 1)
    history.addProbe("crash.instances", at: 41, value: 2)
    history = history.phase("t.crash", from: 0, to: 100)
    history.addRows("reservations", at: 110, columns: ["id", "instance", "status"], kept.map { [$0, "i-1", "held"] })
    change(&history)
    return history.phase("t", from: 0, to: 200)
  }

  @Test func whatWasAcknowledgedIsThere() {
    #expect(check.evaluate(history()).status == .met)
    // Nobody was told that the third one is there; it may be.
    #expect(check.evaluate(history(kept: ["k-1", "k-2", "k-3"])).status == .met)
  }

  @Test func oneLostReservationIsOneTooMany() {
    let finding = check.evaluate(history(kept: ["k-1"]))
    #expect(finding.reason == "acknowledged_lost" && finding.observed.hasPrefix("1 of 2"))
  }

  @Test(arguments: ["crash.database", "crash.instances"])
  func whoDoesNotComeBackIsNamed(probe: String) {
    let finding = check.evaluate(
      history {
        $0.events.removeAll { if case .probe(let look) = $0.kind { look.name == probe } else { false } }
        $0.addProbe(probe, at: 42, ok: false, value: 20, text: "FATAL")
      })
    #expect(finding.status == .violated && finding.reason == "not_back_after_crash")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    func without(_ isOut: @escaping (Event.Kind) -> Bool) -> Finding {
      check.evaluate(history { $0.events.removeAll { isOut($0.kind) } })
    }
    let unacknowledged = without { if case .request = $0 { true } else { false } }
    #expect(unacknowledged.status == .inconclusive && unacknowledged.reason == "no_success_of_op")
    let unverified = without { if case .fault(let fault) = $0 { fault.action == "verified" } else { false } }
    #expect(unverified.status == .inconclusive && unverified.reason == "fault_not_verified")
    let unread = without { if case .rows = $0 { true } else { false } }
    #expect(unread.status == .inconclusive && unread.reason == "probe_dead")
    let unwatched = without { if case .probe = $0 { true } else { false } }
    #expect(unwatched.status == .inconclusive && unwatched.reason == "probe_dead")
    let awake = check.evaluate(history { $0.addProbe("crash.walwriter", at: 5, ok: false, text: "no such process") })
    #expect(awake.status == .inconclusive && awake.reason == "fault_not_verified")
    #expect(check.evaluate(history { $0.addProbe("crash.walwriter", at: 5) }).status == .met)
    let shutOut = check.evaluate(
      history {
        $0.addProbe("crash.database", at: 42, ok: false, text: "[28000] no login", labels: ["dead": "true"])
      })
    #expect(shutOut.status == .inconclusive && shutOut.reason == "probe_dead" && shutOut.observed.contains("28000"))
  }
}

@Suite struct OperatorGetsInTests {
  private let check = OperatorGetsIn(plan: Written.plan("operator-gets-in"))

  private func history(_ attempts: [(ok: Bool, dead: Bool)]) -> History {
    var history = History()
    for (index, attempt) in attempts.enumerated() {
      history.addProbe(
        "operator.login", at: Int64(index + 1) * 100, ok: attempt.ok, text: attempt.ok ? nil : "FATAL:  sorry",
        labels: attempt.dead ? ["dead": "true"] : [:])
    }
    return Written.windowed(history)
  }

  @Test func gettingInEachTimeIsMet() {
    #expect(check.evaluate(history([(true, false), (true, false), (true, false)])).status == .met)
  }

  @Test func oneRefusalIsLockedOut() {
    let finding = check.evaluate(history([(true, false), (false, false), (true, false)]))
    #expect(finding.reason == "operator_locked_out" && finding.observed == "1 of 3 attempts refused: FATAL:  sorry")
  }

  @Test func aDeadProbeSaysNothing() {
    #expect(
      check.evaluate(history([(true, false), (false, true), (true, false), (true, false)])).reason == "probe_dead")
    #expect(check.evaluate(history([(true, false)])).reason == "probe_dead")
    #expect(check.evaluate(History()).reason == "probe_dead")
  }
}

@Suite struct UserChecksTests {
  private func users(ok: Int, refused: Int, op: String = "browse") -> History {
    var history = History()
    for index in 0..<(ok + refused) {
      history.add(stream: "users", op: op, at: Int64(index + 1) * 1000, status: index < ok ? 200 : 503)
    }
    return Written.windowed(history)
  }

  @Test(arguments: [(1000, 0, true), (995, 5, true), (994, 6, false), (99, 1, true), (98, 2, false)])
  func theShareDecides(ok: Int, refused: Int, met: Bool) {
    let check = UsersAreServed(plan: Written.plan("users-are-served", ["share": "0.005"]))
    let finding = check.evaluate(users(ok: ok, refused: refused))
    #expect(finding.status == (met ? .met : .violated))
    #expect(finding.reason == (met ? nil : "users_refused"))
  }

  @Test func aShareOfZeroMeansNone() {
    let check = UsersAreServed(plan: Written.plan("users-are-served", ["share": "0"]))
    #expect(check.evaluate(users(ok: 99, refused: 1)).reason == "users_refused")
    #expect(check.evaluate(History()).reason == "not_tried")
  }

  @Test func withoutAGatewayNobodyIsServed() {
    let check = UsersAreServed(plan: Written.plan("users-are-served", ["share": "0.01"]))
    var history = History()
    history.addProbe("front-door", at: 1, ok: false, labels: ["phase": "other.window"])
    #expect(check.evaluate(Written.windowed(history)).reason == "not_tried")
    history.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"])
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.status == .violated && finding.reason == "front_door_missing")
  }

  @Test func halfTheLoadIsInconclusive() {
    var history = users(ok: 100, refused: 0)
    history.addPlanned(200, stream: "users", phase: "t.window", at: 0)
    let check = UsersAreServed(plan: Written.plan("users-are-served", ["share": "0.005"]))
    #expect(check.evaluate(history).reason == "load_not_delivered")
  }

  @Test func featuresWorkBreakOrStaySilent() {
    let check = EveryFeatureWorks(plan: Written.plan("every-feature-works"), operations: [.browse])
    #expect(check.evaluate(users(ok: 1, refused: 5)).status == .met)
    #expect(check.evaluate(users(ok: 0, refused: 2)).reason == "feature_broken")
    #expect(check.evaluate(users(ok: 0, refused: 1)).reason == "no_success_of_op")
    #expect(check.evaluate(users(ok: 5, refused: 0, op: "report")).reason == "no_success_of_op")
    #expect(check.evaluate(History()).reason == "no_success_of_op")
  }
}

@Suite struct FaultTookEffectTests {
  private let check = FaultTookEffect(plan: Written.plan("fault-took-effect"))

  @Test func onlyAVerifiedFaultCounts() {
    var history = History()
    #expect(check.evaluate(history).reason == "fault_not_verified")
    history.addFault("restart", "inject", at: 0, parameters: ["trial": "t"])
    #expect(check.evaluate(history).reason == "fault_not_verified")
    var verified = history
    verified.addFault("restart", "verified", at: 1, parameters: ["trial": "t"])
    #expect(check.evaluate(verified).status == .met)
    history.addFault("restart", "unverified", at: 1, parameters: ["trial": "t", "detail": "same pid"])
    #expect(check.evaluate(history).status == .inconclusive)
    #expect(check.evaluate(history).observed.contains("same pid"))
  }

  /// A lab that undoes what is done to it was not tried.
  @Test func whatDidNotLastDoesNotCount() {
    var history = History()
    history.addFault("pause", "inject", at: 0, parameters: ["trial": "t"])
    history.addFault("pause", "verified", at: 1, parameters: ["trial": "t"])
    history.addFault("pause", "unverified", at: 5, parameters: ["trial": "t", "detail": "it did not last"])
    history.addFault("pause", "cleared", at: 6, parameters: ["trial": "t"])
    #expect(check.evaluate(history).reason == "fault_not_verified")
    #expect(check.evaluate(history).observed.contains("it did not last"))
  }

  @Test func anotherTrialsFaultDoesNotCount() {
    var history = History()
    history.addFault("restart", "inject", at: 0, parameters: ["trial": "other"])
    history.addFault("restart", "verified", at: 1, parameters: ["trial": "other"])
    #expect(check.evaluate(history).reason == "fault_not_verified")
  }
}

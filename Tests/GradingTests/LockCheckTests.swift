import DrillCore
import Testing

@testable import Grading

private let second: Int64 = 1_000_000_000

/// Forty users who order in the window of the trial `t`, from 0 to 10 s.
private func ordered(
  _ count: Int = 40, status: Int? = 201, _ change: (inout History) -> Void = { _ in }
) -> History {
  var history = History()
  for index in 0..<count {
    history.add(stream: "users", op: "order", at: Int64(index) * 200_000_000 + 1, status: status, key: "k\(index)")
  }
  history.addPlanned(count, stream: "users", phase: "t.window", at: 0)
  change(&history)
  return history.phase("t.window", from: 0, to: 10 * second)
}

@Suite struct DeadlocksDoNotHappenTests {
  private let check = DeadlocksDoNotHappen(plan: Written.plan("deadlocks-do-not-happen", ["orders": "40"]))

  private func history(
    _ counts: [Double] = [3, 3], logged: Double? = 0, counting: String = "t", logging: String = "t",
    phase: String = "t.window", orders: Int = 40
  ) -> History {
    ordered(orders) { history in
      for (index, count) in counts.enumerated() {
        history.addProbe(
          "deadlocks", at: Int64(index) * second, value: count,
          labels: ["phase": phase, "counts": counting, "logs": logging])
      }
      var labels = ["phase": phase]
      if logged == nil { labels["dead"] = "true" }
      // It is read when the window is over.
      history.addProbe("deadlocks.log", at: 11 * second, ok: logged != nil, value: logged, labels: labels)
    }
  }

  @Test func noneIsMet() {
    let finding = check.evaluate(history())
    #expect(finding.status == .met && finding.observed.contains("40"))
  }

  @Test func oneIsOneTooMany() {
    let counted = check.evaluate(history([3, 4]))
    #expect(counted.status == .violated && counted.reason == "deadlocks")
    #expect(check.evaluate(history(logged: 1)).reason == "deadlocks")
  }

  @Test func eitherTellsWhereTheOtherIsSilenced() {
    #expect(check.evaluate(history([3, 4], logged: nil, logging: "f")).reason == "deadlocks")
    #expect(check.evaluate(history(logged: 1, counting: "f")).reason == "deadlocks")
    #expect(check.evaluate(history(logged: nil)).status == .met)
    #expect(check.evaluate(history(logging: "f")).status == .met)
    #expect(check.evaluate(history(counting: "f")).status == .met)
  }

  @Test func aResetHidesNothing() {
    #expect(check.evaluate(history([3, 4, 0, 0])).reason == "deadlocks")
    #expect(check.evaluate(history([3, 0, 1])).reason == "deadlocks")
    #expect(check.evaluate(history([3, 0, 0])).status == .met)
  }

  @Test func nobodyWhoCountsIsInconclusive() {
    for blind in [
      history(counting: "f", logging: "f"), history(logged: nil, counting: "f"), history([3]), history([]),
      history(phase: "u.window"),
    ] {
      let finding = check.evaluate(blind)
      #expect(finding.status == .inconclusive && finding.reason == "probe_dead")
    }
  }

  @Test func aDeadLookIsNone() {
    let dead = ordered { history in
      history.addProbe(
        "deadlocks", at: 1, ok: false, value: 9, labels: ["phase": "t.window", "dead": "true"])
      for at in [2, 3] as [Int64] {
        history.addProbe(
          "deadlocks", at: at, value: 0, labels: ["phase": "t.window", "counts": "t", "logs": "t"])
      }
    }
    #expect(check.evaluate(dead).status == .met)
  }

  @Test func tooFewOrdersMeetNobody() {
    let finding = check.evaluate(history(orders: 39))
    #expect(finding.status == .inconclusive && finding.reason == "no_success_of_op")
    #expect(check.evaluate(history([3, 4], orders: 0)).status == .violated)
  }

  @Test func noWindowIsNotTried() { #expect(check.evaluate(History()).reason == "not_tried") }
}

@Suite struct CheckoutsDoNotHangTests {
  private let check = CheckoutsDoNotHang(
    plan: Written.plan("checkouts-do-not-hang", ["within_ms": "3000", "share": "0.05"]))

  private func slow(_ count: Int, after milliseconds: Int64 = 3001, status: Int? = 201) -> History {
    ordered { history in
      for index in 0..<count {
        let at = 9 * second + Int64(index)
        history.events.append(
          Event(
            at: at,
            .request(
              RequestEvent(
                stream: "users", op: "order", scheduled: at, sent: at, done: at + milliseconds * 1_000_000,
                status: status, outcome: status.map { Outcome(status: $0) } ?? .unknown))))
      }
      history.addPlanned(count, stream: "users", phase: "t.window", at: 0)
    }
  }

  @Test func quickOrdersAreMet() {
    #expect(check.evaluate(ordered()).status == .met)
    #expect(check.evaluate(slow(9, after: 3000)).status == .met)
  }

  @Test func aShareMayTakeLonger() {
    #expect(check.evaluate(slow(2)).status == .met)
    let finding = check.evaluate(slow(3))
    #expect(finding.status == .violated && finding.reason == "checkouts_hang" && finding.observed.contains("3 of 43"))
  }

  @Test func anErrorThatCameLateHungAsWell() {
    #expect(check.evaluate(slow(3, status: 500)).reason == "checkouts_hang")
  }

  @Test func noReplyIsTheLongestWait() {
    #expect(check.evaluate(slow(3, after: 10, status: nil)).reason == "checkouts_hang")
  }

  /// The slow orders wait for 3.2 s, from 9 s on: the machine must have taken 0.2 s of it.
  @Test(arguments: [
    (10 * second, 201.0, "t.window", true), (10 * second, 199.0, "t.window", false),
    (10 * second, 900.0, "u.window", false), (8 * second, 1199.0, "t.window", false),
    (8 * second, 1201.0, "t.window", true), (13 * second, 900.0, "t.window", false),
    (12 * second, 900.0, "t.window", true), (8 * second, 9000.0, "t.window", true),
  ])
  func timeThatTheMachineTookTellsNothing(begin: Int64, commit: Double, phase: String, isStall: Bool) {
    var history = slow(3, after: 3200)
    history.events.append(
      Event(
        at: 11 * second,
        .sample(SampleEvent(name: "commit_ms", value: commit, labels: ["phase": phase, "begin": "\(begin)"]))))
    let finding = check.evaluate(history)
    #expect(finding.reason == (isStall ? "load_not_delivered" : "checkouts_hang"))
    #expect(finding.status == (isStall ? .inconclusive : .violated))
  }

  /// Ready to run from 10 to 11 s, and for a share of it without a processor.
  @Test(arguments: [
    (0.51, 0 as Int64, "load_not_delivered"), (0.5, 0, "checkouts_hang"), (0.51, -850_000_000, "checkouts_hang"),
  ])
  func whoHadNoProcessorTellsNothing(share: Double, later: Int64, reason: String) {
    var history = slow(3, after: 3200)
    let begin = 10 * second
    let labels = ["phase": "t.window", "begin": "\(begin)"]
    history.events.append(
      Event(
        at: begin + second + later, .sample(SampleEvent(name: "processor_wait", value: share, labels: labels))))
    #expect(check.evaluate(history).reason == reason)
  }

  /// A standstill of 0.6 s, and the crowd after it, explain 1.6 s of a wait, and 3 s are allowed.
  @Test(arguments: [(4600 as Int64, 201, true), (4601, 201, false), (10_000, 503, false), (10, nil, true)])
  func aStandstillExplainsSoMuchAndNoMore(milliseconds: Int64, status: Int?, isStall: Bool) {
    var history = slow(3, after: milliseconds, status: status)
    let labels = ["phase": "t.window", "begin": "\(9 * second)"]
    history.events.append(
      Event(at: 10 * second, .sample(SampleEvent(name: "machine_stall_ms", value: 600, labels: labels))))
    let finding = check.evaluate(history)
    #expect(finding.reason == (isStall ? "load_not_delivered" : "checkouts_hang"))
  }

  @Test func everyMillisecondOfAStillMachineCounts() {
    var history = slow(3)
    let labels = ["phase": "t.window", "begin": "\(10 * second)"]
    history.events.append(
      Event(at: 11 * second, .sample(SampleEvent(name: "machine_stall_ms", value: 1, labels: labels))))
    #expect(check.evaluate(history).reason == "load_not_delivered")
  }

  /// The same time is not counted twice.
  @Test func slowInBothWaysIsSlowOnce() {
    var history = slow(3, after: 3200)
    let labels = ["phase": "t.window", "begin": "\(10 * second)"]
    for name in ["commit_ms", "processor_wait"] {
      history.events.append(
        Event(at: 10 * second + 150_000_000, .sample(SampleEvent(name: name, value: 150, labels: labels))))
    }
    #expect(check.evaluate(history).reason == "checkouts_hang")
  }

  /// Each of thirty commits took a tenth of a second, or a little more.
  @Test(arguments: [(100.0, "checkouts_hang"), (101.0, "load_not_delivered")])
  func commitsOfUsualLengthAreNoStall(commit: Double, reason: String) {
    var history = slow(3, after: 3200)
    for index in 0..<30 {
      let begin = 9 * second + Int64(index) * 105_000_000
      history.events.append(
        Event(
          at: 11 * second,
          .sample(SampleEvent(name: "commit_ms", value: commit, labels: ["phase": "t.window", "begin": "\(begin)"]))))
    }
    #expect(check.evaluate(history).reason == reason)
  }

  @Test func oneMayBeUnluckyWhereAnyMayBe() {
    let few = CheckoutsDoNotHang(
      plan: Written.plan("checkouts-do-not-hang", ["within_ms": "3000", "share": "0.001"]))
    #expect(few.evaluate(slow(1)).status == .met)
    #expect(few.evaluate(slow(2)).status == .violated)
    let none = CheckoutsDoNotHang(plan: Written.plan("checkouts-do-not-hang", ["within_ms": "3000", "share": "0"]))
    #expect(none.evaluate(slow(1)).status == .violated)
    #expect(none.evaluate(ordered()).status == .met)
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(ordered(19)).reason == "no_success_of_op")
    #expect(check.evaluate(ordered(20)).status == .met)
    let late = check.evaluate(ordered { $0.addPlanned(40, stream: "users", phase: "t.window", at: 0) })
    #expect(late.status == .inconclusive && late.reason == "load_not_delivered")
  }
}

@Suite struct CountsAreSetRightTests {
  private let check = CountsAreSetRight(plan: Written.plan("counts-are-set-right"))

  private func history(
    _ actions: [String] = ["inject", "verified"], left: Double? = 0, dead: Bool = false, phase: String = "t.window"
  ) -> History {
    ordered { history in
      for action in actions {
        history.addFault("wrong-counts", action, at: 1, parameters: ["trial": "t", "detail": "no database"])
      }
      guard left != nil || dead else { return }
      var labels = ["phase": phase, "products": "6", "after": "1.5"]
      if dead { labels["dead"] = "true" }
      history.addProbe("wrong-counts", at: 2 * second, ok: left == 0, value: left, labels: labels)
    }
  }

  @Test func rightAgainIsMet() {
    let finding = check.evaluate(history())
    #expect(finding.status == .met && finding.observed.contains("6") && finding.observed.contains("1.5"))
  }

  @Test func oneThatStaysWrongIsOneTooMany() {
    let finding = check.evaluate(history(left: 1))
    #expect(finding.status == .violated && finding.reason == "counts_stay_wrong")
    #expect(finding.observed.contains("1 of 6"))
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(history([])).reason == "not_tried")
    let unverified = check.evaluate(history(["inject", "unverified"]))
    #expect(unverified.reason == "fault_not_verified" && unverified.observed.contains("no database"))
    for blind in [history(left: nil), history(left: nil, dead: true), history(phase: "u.window")] {
      let finding = check.evaluate(blind)
      #expect(finding.status == .inconclusive && finding.reason == "probe_dead")
    }
  }
}

@Suite struct LastLookTests {
  private func look(_ answers: [Int?], within: Duration = .milliseconds(500)) async -> Int? {
    var rest = answers[...]
    return try? await TrialContext.lastLook(within: within) {
      guard let answer = rest.count > 1 ? rest.removeFirst() : rest.first.flatMap({ $0 }) else {
        throw GradingError("no login")
      }
      return answer
    }.get()
  }

  @Test func itEndsWithTheFirstThatFindsNothing() async {
    #expect(await look([6, 2, 0, 5], within: .seconds(600)) == 0)
    #expect(await look([6, nil, 0, 5], within: .seconds(600)) == 0)
  }

  @Test func whatIsThereAtTheEndIsLeft() async {
    #expect(await look([6, 2]) == 2)
    #expect(await look([nil, 2]) == 2)
  }

  @Test func whoSawThemWrongAndNoMoreAfterwardsKnowsNothing() async { #expect(await look([6, nil]) == nil) }
}

@Suite struct OthersGoOnTests {
  private let check = OthersGoOn(plan: Written.plan("others-go-on", ["share": "0.5"]))

  /// Eighteen seconds with holds from 3 to 4 s, 9 to 10 s and 15 to 16 s; `held` and `free` orders a second.
  private func history(
    held: [Int] = [20, 20, 20], free: [Int] = [20, 20, 20], wanted: Bool = true, action: String = "verified",
    holds: Int = 3, door: Bool = true
  ) -> History {
    var history = History()
    func order(_ rate: Int, _ from: Int, _ to: Int) {
      guard rate > 0 else { return }
      var at = Int64(from) * second
      while at < Int64(to) * second {
        history.add(stream: "saturate", op: "order", at: at, status: 201)
        at += second / Int64(rate)
      }
    }
    for turn in 0..<3 {
      let hold = turn * 6 + 3
      let from = Int64(hold) * second
      order(free[turn], max(0, hold - 5), hold)
      order(held[turn], hold, hold + 1)
      history.addFault("hold-row", "inject", id: "h\(turn)", at: from, parameters: ["trial": "t"])
      history.addFault("hold-row", action, id: "h\(turn)", at: from, parameters: ["trial": "t"])
      if wanted {
        history.add(stream: "customers", op: "order", at: from + second / 2, status: nil)
      }
      guard turn < holds else { continue }
      history.addRows(
        "t.window.holds", at: from, columns: ["sku", "from", "to"], [["S", "\(from)", "\(from + second)"]])
    }
    order(free[2], 16, 18)
    if !door { history.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) }
    return history.phase("t.window", from: 0, to: 18 * second)
  }

  @Test func othersWhoGoOnAreMet() {
    let finding = check.evaluate(history())
    #expect(finding.status == .met && finding.observed.contains(" % of "))
  }

  @Test func aQueueForAllIsViolated() {
    let finding = check.evaluate(history(held: [0, 0, 0]))
    #expect(finding.status == .violated && finding.reason == "others_wait" && finding.observed.hasPrefix("0, 0, 0 %"))
  }

  @Test func theMiddleOneTells() {
    #expect(check.evaluate(history(held: [0, 12, 20])).status == .met)
    #expect(check.evaluate(history(held: [20, 0, 9])).reason == "others_wait")
    #expect(check.evaluate(history(held: [0, 0, 20])).reason == "others_wait")
  }

  @Test func aRestlessMachineTellsNothing() {
    let restless = check.evaluate(history(held: [7, 7, 7], free: [10, 40, 20]))
    #expect(restless.status == .inconclusive && restless.reason == "load_not_delivered")
    #expect(check.evaluate(history(held: [7, 7, 7], free: [11, 30, 20])).reason == "others_wait")
    #expect(check.evaluate(history(free: [10, 40, 20])).status == .met)
    #expect(check.evaluate(history(held: [0, 0, 0], free: [10, 40, 20])).status == .violated)
  }

  @Test func tooFewOrdersTellNothing() {
    #expect(check.evaluate(history(held: [3, 3, 3], free: [3, 3, 3])).reason == "no_success_of_op")
    #expect(check.evaluate(history(held: [6, 6, 6], free: [6, 6, 6])).status == .met)
    #expect(check.evaluate(history(held: [0, 0, 0], free: [0, 0, 0])).reason == "no_success_of_op")
  }

  @Test func aHoldThatNobodySawTellsNothing() {
    #expect(check.evaluate(history(action: "unverified")).reason == "fault_not_verified")
    #expect(check.evaluate(history(holds: 2)).reason == "fault_not_verified")
    #expect(check.evaluate(history(wanted: false)).reason == "fault_not_verified")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(history(door: false))
    #expect(finding.status == .violated && finding.reason == "front_door_missing")
  }

  @Test func whatWasNotDoneIsNotTried() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(ordered()).reason == "not_tried")
  }
}

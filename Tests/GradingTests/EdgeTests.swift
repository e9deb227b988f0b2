import DrillCore
import Testing

@testable import Grading

/// The exact bounds of the checks, one step on either side.
@Suite struct EdgeTests {
  private func users(_ count: Int, late: Int = 0, by lateness: Int64 = 0) -> History {
    var history = History()
    for index in 0..<count {
      let scheduled = Int64(index + 1) * 1000
      let sent = scheduled + (index < late ? lateness : 0)
      history.events.append(
        Event(
          at: sent,
          .request(
            RequestEvent(
              stream: "users", op: "browse", scheduled: scheduled, sent: sent, done: sent + 1, status: 200,
              outcome: .ok))))
    }
    return Written.windowed(history)
  }

  private func served(_ history: History, share: String = "0.01") -> Finding {
    UsersAreServed(plan: Written.plan("users-are-served", ["share": share])).evaluate(history)
  }

  @Test(arguments: [(95, true), (94, false)]) func nineteenOfTwentyRequestsMustGoOut(sent: Int, isEnough: Bool) {
    var history = users(sent)
    history.addPlanned(100, stream: "users", phase: "t.window", at: 0)
    #expect(served(history).reason == (isEnough ? nil : "load_not_delivered"))
  }

  @Test(arguments: [(250_000_000, true), (250_000_001, false)] as [(Int64, Bool)])
  func aQuarterOfASecondIsLate(lateness: Int64, isInTime: Bool) {
    let finding = served(users(100, late: 100, by: lateness))
    #expect(finding.reason == (isInTime ? nil : "load_not_delivered"))
    if !isInTime { #expect(finding.observed.contains("250 ms late")) }
  }

  @Test(arguments: [(1, true), (2, false)]) func oneRequestOfAHundredMayBeLate(late: Int, isFew: Bool) {
    #expect(served(users(100, late: late, by: Written.second)).reason == (isFew ? nil : "load_not_delivered"))
  }

  @Test(arguments: [("0.01", "at most 1 %"), ("0.005", "at most 0.5 %"), ("0.125", "at most 12.5 %")])
  func theShareIsSaidInPercent(share: String, words: String) {
    #expect(served(users(100), share: share).expected.hasPrefix(words + " of"))
  }

  @Test func whatWasNotSentIsNotRefused() {
    var history = users(100)
    for index in 0..<3 { history.addDropped(stream: "users", op: "browse", at: Int64(index + 1) * 2000) }
    let finding = served(history, share: "0")
    #expect(finding.status == .met && finding.observed.hasPrefix("0 of 100"))
  }

  @Test func namesAreListedShortOnesFirst() {
    #expect(listed(["i-10", "i-2", "i-1"]) == "i-1, i-2, i-10")
    #expect(listed(["d", "c", "b", "a"]) == "a, b, c and 1 more")
    #expect(listed(["d", "c", "b", "a"], most: 4) == "a, b, c, d")
  }

  @Test(arguments: [(2, "probe_dead"), (3, nil)] as [(Int, String?)])
  func threeAttemptsAreTheLeast(count: Int, reason: String?) {
    var history = History()
    for index in 0..<count { history.addProbe("operator.login", at: Int64(index + 1)) }
    let check = OperatorGetsIn(plan: Written.plan("operator-gets-in"))
    #expect(check.evaluate(Written.windowed(history)).reason == reason)
  }

  @Test func everyFaultMustTakeEffectNotOnlyOne() {
    let check = FaultTookEffect(plan: Written.plan("fault-took-effect"))
    var history = History()
    for id in ["a", "b"] { history.addFault("restart", "inject", id: id, at: 0, parameters: ["trial": "t"]) }
    history.addFault("restart", "verified", id: "a", at: 1, parameters: ["trial": "t"])
    history.addFault("restart", "unverified", id: "c", at: 1, parameters: ["trial": "t", "detail": "of another"])
    let finding = check.evaluate(history)
    #expect(finding.reason == "fault_not_verified" && finding.observed == "restart: nobody looked")
    history.addFault("restart", "verified", id: "b", at: 2, parameters: ["trial": "t"])
    #expect(check.evaluate(history).status == .met)
  }
}

/// What doesn't answer, or is turned away, is nobody's forgery.
@Suite struct ForgeryEdgeTests {
  private let check = InstancesAreThemselves(plan: Written.plan("instances-are-themselves"))

  private func finding(_ change: (inout History) -> Void) -> Finding {
    var history = Written.sweep()
    for node in ["i-1", "i-2", "i-3"] {
      history.add(stream: "alone", op: "stock", target: node, at: 11 * Written.second, instance: node)
    }
    change(&history)
    return check.evaluate(Written.windowed(history))
  }

  @Test func noAnswerNamesNobody() {
    #expect(finding { $0.add(stream: "sweep", op: "stock", target: "i-2", at: 9, status: nil) }.status == .met)
    #expect(finding { $0.add(stream: "sweep", op: "stock", at: 9, instance: "i-2") }.status == .met)
  }

  @Test func aRefusedReservationIsNotComparedWithTheDatabase() {
    let other: (inout History) -> Void = {
      $0.addRows("reservations", at: 0, columns: ["id", "instance"], [["k", "i-1"]])
    }
    for (status, isMet) in [(409, true), (503, true), (201, false)] {
      let finding = finding {
        other(&$0)
        $0.add(stream: "sweep", op: "reserve", target: "i-2", at: 9, status: status, instance: "i-2", key: "k")
      }
      #expect(finding.status == (isMet ? .met : .violated))
    }
    let read = finding {
      other(&$0)
      $0.add(stream: "sweep", op: "stock", target: "i-2", at: 9, instance: "i-2", key: "k")
    }
    #expect(read.status == .met)
  }
}

/// Exit codes of a lab's gate.
@Suite struct PreflightEdgeTests {
  private func finding(good: Double?, over: Double? = 1) -> Finding {
    var history = History()
    history.addProbe("preflight", at: 1, value: good, labels: ["purpose": "good", "replicas": "101"])
    history.addProbe("preflight", at: 2, value: over, labels: ["purpose": "over", "replicas": "201"])
    return PreflightGuards(plan: Written.plan("preflight-guards"))
      .evaluate(history.phase("t.preflight", from: 0, to: 10))
  }

  @Test(
    arguments: [
      (0, 1, nil), (0, 123, nil), (0, 124, "preflight_broken"), (123, 1, "preflight_refuses_good"),
      (124, 1, "preflight_broken"), (nil, 1, "preflight_broken"), (0, nil, "preflight_broken"),
      (1, 0, "preflight_refuses_good"), (0, 0, "preflight_lets_through"),
    ] as [(Double?, Double?, String?)])
  func codesFrom124OnAreNoAnswer(good: Double?, over: Double?, reason: String?) {
    #expect(finding(good: good, over: over).reason == reason)
  }

  @Test func theNumberIsNamed() {
    #expect(finding(good: 0).observed.contains("refuses 201"))
    #expect(finding(good: 1).observed.contains("refuses 101"))
  }
}

/// A number that was not measured is none, not one.
@Suite struct UnmeasuredEdgeTests {
  @Test func anUncountedServiceIsMissing() {
    var history = History()
    history.addProbe("instances", at: 0, ok: false, labels: ["trial": "t"])
    let one = ["instances": "1", "refuses": "instance_refuses", "missing": "instances_missing"]
    let finding = EveryInstanceServes(plan: Written.plan("every-instance-serves", one), operations: [.stock])
      .evaluate(history)
    #expect(finding.reason == "instances_missing" && finding.observed == "0 instances run")
  }

  @Test func aDatabaseThatNeverCameBackHasNoTime() {
    var history = History()
    history.add(stream: "crash", op: "reserve", target: "i-1", at: 10, status: 201, key: "k")
    history.addFault("crash", "verified", at: 20, parameters: ["trial": "t"])
    history.addProbe("crash.database", at: 40, ok: false, text: "FATAL")
    let finding = SurvivesACrash(plan: Written.plan("survives-a-crash"))
      .evaluate(history.phase("t.crash", from: 0, to: 100))
    #expect(finding.observed == "the database lets nobody in after 0 s: FATAL")
  }

  @Test func theSlowestReturnCounts() {
    var history = History()
    history.add(stream: "crash", op: "reserve", target: "i-1", at: 10, status: 201, key: "k")
    history.addFault("crash", "verified", at: 20, parameters: ["trial": "t"])
    history.addProbe("crash.database", at: 40, value: 1.2)
    history.addProbe("crash.instances", at: 41, value: 2.1)
    var whole = history.phase("t.crash", from: 0, to: 100)
    whole.addRows("reservations", at: 110, columns: ["id", "instance", "status"], [["k", "i-1", "held"]])
    let finding = SurvivesACrash(plan: Written.plan("survives-a-crash")).evaluate(whole)
    #expect(finding.status == .met && finding.observed.hasPrefix("back after 3 s with all 1 "))
  }
}

/// The edges of the stock's sum.
@Suite struct StockEdgeTests {
  private static let columns = ["sku", "initial", "on_hand", "reserved", "sold", "held", "confirmed"]

  private func finding(before: [String?], after: [String?], _ change: (inout History) -> Void = { _ in }) -> Finding {
    var history = History()
    history.addRows("stock.before", at: 1, columns: Self.columns, [before])
    history.addRows("stock.after", at: 9, columns: Self.columns, [after])
    change(&history)
    return StockIsConserved(plan: Written.plan("stock-is-conserved")).evaluate(history)
  }

  @Test func soldOutIsNotOversold() {
    let before = ["A", "5", "5", "0", "0", "0", "0"]
    #expect(finding(before: before, after: ["A", "5", "0", "0", "5", "0", "5"]).status == .met)
    #expect(finding(before: before, after: ["A", "5", "-1", "0", "6", "0", "6"]).reason == "oversold")
  }

  @Test func onlyAVerifiedChangeOfOursExplainsMoreStock() {
    let before = ["A", "5", "5", "0", "0", "0", "0"]
    let after = ["A", "8", "8", "0", "0", "0", "0"]
    for (kind, action, isMet) in [
      ("touch", "verified", true), ("touch", "inject", false), ("restart", "verified", false),
      // Not seen to its end: it may have been done.
      ("touch", "unverified", true), ("restart", "unverified", false),
    ] {
      let finding = finding(before: before, after: after) {
        $0.addFault(kind, action, at: 5, parameters: ["skus": "A", "amount": "3"])
      }
      #expect(finding.status == (isMet ? .met : .violated))
    }
    // One change was seen, and of another one nobody knows: nothing beyond both is explained by them.
    for (initial, isMet) in [(7, false), (8, true), (10, true), (12, true), (13, false)] {
      let finding = finding(before: before, after: ["A", "\(initial)", "\(initial)", "0", "0", "0", "0"]) {
        $0.addFault("touch", "verified", at: 5, parameters: ["skus": "A", "amount": "3"])
        $0.addFault("touch", "unverified", at: 6, parameters: ["skus": "A", "amount": "4"])
        $0.addFault("touch", "unverified", at: 7, parameters: ["skus": "B", "amount": "40"])
      }
      #expect(finding.status == (isMet ? .met : .violated))
    }
  }
}

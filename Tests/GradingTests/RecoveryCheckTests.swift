import DrillCore
import Foundation
import Testing

@testable import Grading

/// The window of the trial `t`, from 0 to 12 s, with ten orders a second; at 2 s something comes, at 4 s it goes.
enum Outage {
  static let second: Int64 = 1_000_000_000
  static let end = 12 * second

  /// Orders are confirmed but from 2 s to `until`.
  static func history(
    until: Int64 = 8 * second, cleared: Int64? = 4 * second, injected: Int64? = 2 * second, planned: Int = 0,
    state: String = "confirmed", _ change: (inout History) -> Void = { _ in }
  ) -> History {
    var history = History()
    if let injected { history.addFault("provider", "inject", at: injected, parameters: ["trial": "t"]) }
    if let cleared { history.addFault("provider", "cleared", at: cleared, parameters: ["trial": "t"]) }
    for index in 0..<120 {
      let at = Int64(index) * second / 10
      let isLost = at >= 2 * second && at < until
      order(&history, at: at, status: isLost ? 504 : 201, state: state)
    }
    history.addPlanned(planned, stream: "users", phase: "t.window", at: 0)
    change(&history)
    return history.phase("t.window", from: 0, to: end)
  }

  static func order(_ history: inout History, at: Int64, status: Int?, state: String = "confirmed") {
    history.add(
      stream: "users", op: "order", at: at, status: status, key: "k\(at)",
      labels: status == 201 ? ["order": "o\(at)", "state": state] : nil)
  }
}

@Suite struct OrdersRecoverTests {
  private let check = OrdersRecover(plan: Written.plan("orders-recover", ["share": "0.9", "within_ms": "4000"]))

  @Test func inTimeAndForGood() {
    #expect(check.evaluate(Outage.history()).status == .met)
    #expect(check.evaluate(Outage.history(until: 2 * Outage.second)).status == .met)
  }

  @Test func ofFortyOrdersFourMayFail() {
    // From 8 s to 12 s there are forty; those before 8.4 s are four.
    #expect(check.evaluate(Outage.history(until: 84 * Outage.second / 10)).status == .met)
    let finding = check.evaluate(Outage.history(until: 85 * Outage.second / 10))
    #expect(finding.status == .violated && finding.reason == "not_recovered" && finding.observed.contains("35 of 40"))
  }

  @Test func anOrderThatIsNotConfirmedIsNone() {
    #expect(check.evaluate(Outage.history(cleared: 1, injected: 0, state: "reserved")).reason == "not_recovered")
  }

  @Test func aShopThatTookNoneBeforeIsNotInAnOutageButClosed() {
    let finding = check.evaluate(Outage.history(until: Outage.end, state: "reserved"))
    #expect(finding.status == .violated && finding.reason == "orders_refused")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(
      Outage.history { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) })
    #expect(finding.status == .violated && finding.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    let late = check.evaluate(Outage.history(planned: 240))
    #expect(late.status == .inconclusive && late.reason == "load_not_delivered")
    #expect(check.evaluate(Outage.history(cleared: nil)).reason == "not_tried")
    #expect(check.evaluate(Outage.history(injected: nil)).reason == "not_tried")
  }

  @Test func fourteenOrdersAreTooFewToJudgeBy() {
    // From 10.6 s on there are fourteen, from 10.5 s on fifteen.
    #expect(check.evaluate(Outage.history(cleared: 66 * Outage.second / 10)).reason == "not_tried")
    #expect(check.evaluate(Outage.history(cleared: 65 * Outage.second / 10)).status == .met)
  }

  @Test func fourOrdersBeforeItSayNothingByThemselves() {
    let tenth = Outage.second / 10
    // They are refused, and the others are not confirmed either: the shop is closed.
    let four = check.evaluate(Outage.history(until: Outage.end, injected: 4 * tenth, state: "reserved"))
    #expect(four.reason == "orders_refused")
    // One that is confirmed in the middle of it: there is a shop.
    let other = check.evaluate(
      Outage.history(until: Outage.end, injected: 4 * tenth, state: "reserved") {
        Outage.order(&$0, at: 3 * Outage.second + 1, status: 201)
      })
    #expect(other.reason == "not_recovered")
    // The last that could have been confirmed came 200 ms before it.
    for (injected, reason) in [(2 * tenth, "orders_refused"), (2 * tenth - 1, "not_recovered")] {
      let few = check.evaluate(Outage.history(until: Outage.end, injected: injected, state: "reserved"))
      #expect(few.reason == reason)
    }
    let five = check.evaluate(Outage.history(until: Outage.end, injected: 5 * tenth, state: "reserved"))
    #expect(five.reason == "orders_refused")
    // One that was confirmed is enough.
    let one = check.evaluate(
      Outage.history(until: Outage.end, state: "reserved") { Outage.order(&$0, at: 1, status: 201) })
    #expect(one.reason == "not_recovered")
  }

  @Test func whatGoesWhenItComesWasNeverThere() {
    #expect(check.evaluate(Outage.history(cleared: 2 * Outage.second)).reason == "not_tried")
    #expect(check.evaluate(Outage.history(cleared: 2 * Outage.second + 1)).status == .violated)
  }

  @Test func anotherTrialsDisturbanceIsNotThisOnes() {
    let finding = check.evaluate(
      Outage.history(cleared: nil) {
        $0.addFault("provider", "cleared", at: 4 * Outage.second, parameters: ["trial": "u"])
      })
    #expect(finding.reason == "not_tried")
  }
}

@Suite struct PagesAreServedTests {
  private let check = PagesAreServed(plan: Written.plan("pages-are-served", ["share": "0.01"]))

  private func history(lost: Int, of count: Int = 200, planned: Int = 0, status: Int? = 503) -> History {
    Outage.history(planned: planned) {
      for index in 0..<count {
        $0.add(
          stream: "users", op: "product", at: Int64(index) * 10_000_000, status: index < lost ? status : 200)
      }
    }
  }

  @Test func ordersDoNotCountAndOneInAHundredMayFail() {
    #expect(check.evaluate(history(lost: 2)).status == .met)
    #expect(check.evaluate(history(lost: 1, of: 20)).status == .met)
  }

  @Test func whereNoneMayFailNoneMay() {
    let strict = PagesAreServed(plan: Written.plan("pages-are-served", ["share": "0"]))
    #expect(strict.evaluate(history(lost: 0)).status == .met)
    #expect(strict.evaluate(history(lost: 1)).reason == "pages_refused")
  }

  @Test func anOrderThatNobodyPlacedIsRightlyNotFound() {
    let finding = check.evaluate(
      Outage.history {
        for index in 0..<20 { $0.add(stream: "users", op: "order-unknown", at: Int64(index), status: 404) }
      })
    #expect(finding.status == .met)
  }

  @Test(arguments: [503, 404, nil])
  func moreMayNot(status: Int?) {
    let finding = check.evaluate(history(lost: 3, status: status))
    #expect(finding.status == .violated && finding.reason == "pages_refused")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(
      Outage.history { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) })
    #expect(finding.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(Outage.history()).reason == "not_tried")
    #expect(check.evaluate(history(lost: 0, planned: 640)).reason == "load_not_delivered")
  }
}

@Suite struct RequestsPerOrderTests {
  private let check = RequestsPerOrder(plan: Written.plan("requests-per-order", ["most": "2.5"]))

  /// 120 orders, each sent `each` times, and so many requests at the company in all.
  private func history(
    each: Int, received: Int = 0, before: Bool = true, after: Bool = true, attempts: Bool = true, planned: Int = 0
  ) -> History {
    Outage.history(planned: planned) { history in
      let columns = ["received", "failed_once"]
      if before { history.addRows("t.window.provider.before", at: 0, columns: columns, [["100", "0"]]) }
      if after { history.addRows("t.window.provider.after", at: 1, columns: columns, [["\(100 + received)", "0"]]) }
      let keys = history.requests(stream: "users").compactMap(\.key)
      guard attempts else { return }
      history.addRows("t.window.attempts", at: 1, columns: ["key", "attempts"], keys.map { [$0, "\(each)"] })
    }
  }

  @Test func theCompanysOwnCountDecides() {
    #expect(check.evaluate(history(each: 1)).status == .met)
    #expect(check.evaluate(history(each: 2)).status == .met)
    let finding = check.evaluate(history(each: 3))
    #expect(finding.status == .violated && finding.reason == "requests_multiplied")
    #expect(finding.observed.contains("360 requests for 120 orders"))
  }

  @Test func aCompanyThatCountsAnewSaysNothing() {
    let finding = check.evaluate(history(each: 0, received: -1))
    #expect(finding.status == .inconclusive && finding.reason == "probe_dead")
  }

  @Test func whatOthersAskDoesNotCount() {
    #expect(check.evaluate(history(each: 1, received: 999)).status == .met)
    // One for each order that was confirmed, and none for the others.
    let exact = Outage.history { history in
      history.addRows("t.window.provider.before", at: 0, columns: ["received"], [["0"]])
      history.addRows("t.window.provider.after", at: 1, columns: ["received"], [["999"]])
      let confirmed = history.requests(stream: "users").filter { $0.status == 201 }.compactMap(\.key)
      history.addRows("t.window.attempts", at: 1, columns: ["key", "attempts"], confirmed.map { [$0, "1"] })
    }
    #expect(check.evaluate(exact).status == .met)
  }

  @Test func keysOfTheShopsOwnHideNothing() {
    #expect(check.evaluate(history(each: 0, received: 300)).status == .met)
    #expect(check.evaluate(history(each: 0, received: 301)).reason == "requests_multiplied")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(
      Outage.history { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) })
    #expect(finding.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(history(each: 1, before: false)).reason == "probe_dead")
    #expect(check.evaluate(history(each: 1, after: false)).reason == "probe_dead")
    #expect(check.evaluate(history(each: 1, attempts: false)).reason == "probe_dead")
    #expect(check.evaluate(history(each: 1, planned: 240)).reason == "load_not_delivered")
  }

  @Test func nineteenOrdersAreTooFew() {
    func few(_ count: Int) -> Finding {
      var history = History()
      for index in 0..<count { Outage.order(&history, at: Int64(index + 1), status: 201) }
      history.addRows("t.window.provider.before", at: 0, columns: ["received"], [["0"]])
      history.addRows("t.window.provider.after", at: 0, columns: ["received"], [["0"]])
      history.addRows("t.window.attempts", at: 0, columns: ["key", "attempts"], [["k1", "30"]])
      return check.evaluate(history.phase("t.window", from: 0, to: Outage.end))
    }
    #expect(few(19).reason == "no_success_of_op")
    #expect(few(20).status == .met)
  }
}

@Suite struct SingleFailuresAreHiddenTests {
  private let check = SingleFailuresAreHidden(
    plan: Written.plan("single-failures-are-hidden", ["share": "0.99", "failures": "3"]))

  private func history(
    lost: Int, failures: Int? = 12, count: Int = 200, planned: Int = 0, state: String = "confirmed"
  ) -> History {
    var history = History()
    for index in 0..<count {
      Outage.order(&history, at: Int64(index + 1), status: index < lost ? 502 : 201, state: state)
    }
    history.addRows("t.window.provider.before", at: 0, columns: ["failed_once"], [["5"]])
    if let failures {
      history.addRows("t.window.provider.after", at: 1, columns: ["failed_once"], [["\(5 + failures)"]])
    }
    history.addPlanned(planned, stream: "users", phase: "t.window", at: 0)
    return history.phase("t.window", from: 0, to: Outage.end)
  }

  @Test func oneInAHundredMayShow() {
    #expect(check.evaluate(history(lost: 0)).status == .met)
    #expect(check.evaluate(history(lost: 2)).status == .met)
    #expect(check.evaluate(history(lost: 1, count: 50)).status == .met)
  }

  @Test func moreMayNot() {
    let finding = check.evaluate(history(lost: 3))
    #expect(finding.status == .violated && finding.reason == "failures_shown")
    #expect(finding.observed.contains("3 of 200") && finding.observed.contains("failed 12 times"))
    #expect(check.evaluate(history(lost: 2, count: 50)).reason == "failures_shown")
    #expect(check.evaluate(history(lost: 0, state: "reserved")).reason == "failures_shown")
  }

  /// A shop that refuses what the company would have taken is told so.
  @Test func itSaysWhatMostWereTold() {
    var history = history(lost: 3)
    let kinds: [(Int?, String?)] = [
      (503, "overloaded"), (503, "overloaded"), (429, "overloaded"), (nil, nil), (503, nil),
    ]
    for (index, kind) in kinds.enumerated() {
      history.add(
        stream: "users", op: "order", at: Int64(1000 + index), status: kind.0, code: kind.1)
    }
    #expect(check.evaluate(history).observed.contains("8 of 205 orders were not confirmed (3 of them: 502)"))
    for index in 0..<2 {
      history.add(stream: "users", op: "order", at: Int64(2000 + index), status: 503, code: "overloaded")
    }
    #expect(check.evaluate(history).observed.contains("(4 of them: 503 overloaded)"))
    for index in 0..<5 { history.add(stream: "users", op: "order", at: Int64(3000 + index), status: nil) }
    #expect(check.evaluate(history).observed.contains("(6 of them: no answer in time)"))
    #expect(check.evaluate(self.history(lost: 0)).observed.hasPrefix("0 of 200 orders were not confirmed, the"))
  }

  @Test func aCompanyThatDidNotFailProvesNothing() {
    #expect(check.evaluate(history(lost: 0, failures: 3)).status == .met)
    let finding = check.evaluate(history(lost: 0, failures: 2))
    #expect(finding.status == .inconclusive && finding.reason == "fault_not_verified")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(
      Outage.history { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) })
    #expect(finding.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(history(lost: 0, failures: nil)).reason == "probe_dead")
    #expect(check.evaluate(history(lost: 0, planned: 400)).reason == "load_not_delivered")
  }
}

@Suite struct GateHoldsTests {
  private let check = GateHolds(plan: Written.plan("gate-holds"))

  private func finding(_ answers: [(String, Double)], until reason: String? = nil) -> Finding {
    var history = History()
    for (index, answer) in answers.enumerated() {
      history.addProbe(
        "gate", at: Int64(index), ok: answer.1 == 0, value: answer.1, text: "because",
        labels: ["purpose": answer.0, "values": answer.0 == "now" ? "" : "A=1"])
    }
    return check.evaluate(history.phase("t.gate", from: 0, to: 10, reason: reason))
  }

  @Test func rightAnswers() {
    #expect(finding([("now", 0), ("pass", 0), ("refuse", 1), ("refuse", 123), ("pass", 0)]).status == .met)
  }

  @Test func wrongAnswers() {
    let now = finding([("now", 1), ("pass", 0), ("refuse", 1)])
    #expect(now.reason == "gate_refuses_good" && now.observed.contains("as it runs"))
    let good = finding([("now", 0), ("pass", 2), ("refuse", 1)])
    #expect(good.reason == "gate_refuses_good" && good.observed.contains("A=1: because"))
    let bad = finding([("now", 0), ("pass", 0), ("refuse", 1), ("refuse", 0)])
    #expect(bad.status == .violated && bad.reason == "gate_lets_through" && bad.observed.contains("A=1"))
  }

  @Test(arguments: [124, 137, 255]) func aGateThatBreaksIsNone(status: Double) {
    #expect(finding([("now", 0), ("pass", 0), ("refuse", status)]).reason == "gate_broken")
  }

  @Test func whatWasNotAskedIsNotKnown() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(finding([("now", 0), ("pass", 0)]).reason == "not_tried")
    #expect(finding([("now", 0), ("refuse", 1)]).reason == "not_tried")
    #expect(finding([("pass", 0), ("refuse", 1)]).reason == "not_tried")
    let answers = [("now", 0.0), ("pass", 0), ("refuse", 1)]
    let early = finding(answers, until: "error: no answer")
    #expect(early.status == .inconclusive && early.observed.contains("no answer"))
  }
}

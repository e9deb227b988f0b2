import DrillCore
import Testing

@testable import Grading

/// What a check takes for granted where a plan says nothing. A scenario must say everything; a record of a grade may be
/// older than a parameter.
@Suite struct UnsaidTests {
  /// A hundred requests a millisecond apart in the window of `t`; the first ones are refused.
  private func users(_ op: String, refused: Int = 0, took: Int64 = 1_000_000, of count: Int = 100) -> History {
    var history = History()
    for index in 0..<count {
      let at = Int64(index + 1) * 1_000_000
      let status = index < refused ? 503 : 200
      history.events.append(
        Event(
          at: at + took,
          .request(
            RequestEvent(
              stream: "users", op: op, scheduled: at, sent: at, done: at + took, status: status,
              outcome: Outcome(status: status)))))
    }
    return Written.windowed(history)
  }

  @Test func nobodyMayBeTurnedAway() {
    let users = users("browse", refused: 1)
    #expect(UsersAreServed(plan: Written.plan("users-are-served")).evaluate(users).reason == "users_refused")
    #expect(PagesAreServed(plan: Written.plan("pages-are-served")).evaluate(users).reason == "pages_refused")
  }

  @Test func checkoutsHaveASecondAndNoneMayTakeLonger() {
    let check = CheckoutsDoNotHang(plan: Written.plan("checkouts-do-not-hang"))
    #expect(check.evaluate(users("order", took: Written.second)).status == .met)
    var history = users("order", took: Written.second)
    history.events.append(
      Event(
        at: 9,
        .request(
          RequestEvent(
            stream: "users", op: "order", scheduled: 5, sent: 5, done: 1_000_000_006, status: 200, outcome: .ok))))
    #expect(check.evaluate(history).reason == "checkouts_hang")
  }

  @Test func anyNumberOfOrdersShowsThatThereIsNoDeadlock() {
    var history = History()
    for at in [1, 2] as [Int64] {
      history.addProbe("deadlocks", at: at, value: 0, labels: ["phase": "t.window", "counts": "t", "logs": "t"])
    }
    let check = DeadlocksDoNotHappen(plan: Written.plan("deadlocks-do-not-happen"))
    #expect(check.evaluate(Written.windowed(history)).status == .met)
  }

  @Test func oneInstanceIsEnough() {
    let check = EveryInstanceServes(plan: Written.plan("every-instance-serves"), operations: [.stock, .reserve])
    let finding = check.evaluate(Written.windowed(Written.sweep(["i-1"])))
    #expect(finding.status == .met && finding.expected.hasPrefix("1 of 1"))
  }

  @Test func othersHaveHalfOfTheirUsualRate() {
    let check = OthersGoOn(plan: Written.plan("others-go-on"))
    #expect(check.evaluate(History()).expected.contains(" 50 % or more"))
  }

  @Test func oneReadIsEnough() {
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes"))
    #expect(check.evaluate(Session.history(1)).status == .met)
  }

  @Test(arguments: [("1000", true), ("1001", false)]) func oneReplicaIsEnoughWithinASecond(lag: String, isMet: Bool) {
    var history = History()
    history.addRows("t.replicas", at: 1, columns: ["node", "lag_ms", "by_itself"], [["r", lag, "true"]])
    let finding = ReplicasAreFresh(plan: Written.plan("replicas-are-fresh")).evaluate(history)
    #expect(finding.status == (isMet ? .met : .violated))
  }

  @Test func replicasNeedNotServe() {
    var history = users("orders")
    history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans"], [])
    history.addRows("t.window.after.scans", at: 1, columns: ["node", "scans"], [["r", "1"], ["s", "1"]])
    let check = ReplicasCarryReads(plan: Written.plan("replicas-carry-reads", ["table": "orders.orders"]))
    let finding = check.evaluate(history)
    #expect(finding.status == .met && finding.expected == "replicas serve at least 0 % of the reads")
  }

  @Test func oneRequestIsAllowedForAnOrder() {
    let check = RequestsPerOrder(plan: Written.plan("requests-per-order"))
    for (each, isMet) in [(1, true), (2, false)] {
      #expect(check.evaluate(Outage.asked(each: each)).status == (isMet ? .met : .violated))
    }
  }

  @Test func allOrdersMustBeConfirmedAtOnce() {
    let finding = OrdersRecover(plan: Written.plan("orders-recover")).evaluate(History())
    #expect(finding.expected == "0.0 s after it is over 100 % of the orders are confirmed")
  }

  @Test func allOrdersMustBeConfirmedAndOneFailureIsEnough() {
    let check = SingleFailuresAreHidden(plan: Written.plan("single-failures-are-hidden"))
    let history = Outage.history(until: 0) {
      for (part, count) in [("before", "6"), ("after", "7")] {
        $0.addRows("t.window.provider.\(part)", at: 1, columns: ["failed_once"], [[count]])
      }
    }
    let finding = check.evaluate(history)
    #expect(finding.status == .met && finding.expected == "100 % of the orders are confirmed")
  }

  @Test func stockMayBeASecondOldAndNobodyMayBeRefused() {
    var history = History()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["A", "1"]])
    let touch = ["trial": "t", "began": "1", "done": "2", "amount": "1", "skus": "A"]
    history.addFault("touch", "verified", at: 2, parameters: touch)
    for (at, status) in [(10, 200), (11, 503)] {
      history.add(
        stream: "looks", op: "product-stock", at: Int64(at), status: status, labels: ["sku": "A"],
        values: ["on_hand": 2])
    }
    let finding = StockIsCurrent(plan: Written.plan("stock-is-current")).evaluate(Written.windowed(history))
    #expect(finding.reason == "stock_refused" && finding.expected.hasSuffix("at most 1000 ms old"))
  }

  @Test(arguments: [(300, true), (301, false)] as [(Int64, Bool)])
  func whatIsUnknownIsNotFoundWithinThreeTenths(milliseconds: Int64, isMet: Bool) {
    var history = History()
    for index in 0..<10 {
      let at = Int64(index + 1)
      history.events.append(
        Event(
          at: at,
          .request(
            RequestEvent(
              stream: "users", op: "order-unknown", scheduled: at, sent: at, done: at + milliseconds * 1_000_000,
              status: 404, outcome: .rejected))))
    }
    let check = UnknownIsNotFound(plan: Written.plan("unknown-is-not-found"))
    #expect(check.evaluate(Written.windowed(history)).reason == (isMet ? nil : "unknown_slow"))
  }

  @Test(arguments: [("59.9", nil), ("60", "content_made_up")] as [(String, String?)])
  func aPriceMaySettleForAMinute(age: String, reason: String?) {
    #expect(Shelf.finding(age: age, freshness: nil).reason == reason)
  }
}

extension Outage {
  /// 120 orders, each of which was sent `each` times to the payment company.
  static func asked(each: Int, _ more: [[String?]] = []) -> History {
    history(until: 0) { history in
      for part in ["before", "after"] {
        history.addRows("t.window.provider.\(part)", at: 1, columns: ["received"], [["0"]])
      }
      let keys = history.requests(stream: "users").compactMap(\.key)
      history.addRows(
        "t.window.attempts", at: 1, columns: ["key", "attempts"], keys.map { [$0, "\(each)"] } + more)
    }
  }
}

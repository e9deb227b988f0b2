import DrillCore
import Testing

@testable import Grading

/// Forty sessions that order and look, in the window of the trial `t` from 0 to 10 s.
enum Session {
  static let second: Int64 = 1_000_000_000

  static func history(_ count: Int = 40, _ change: (inout History) -> Void = { _ in }) -> History {
    var history = History()
    for index in 0..<count {
      let at = Int64(index) * 100_000_000 + 1
      history.add(
        stream: "follow", op: "order", at: at, status: 201, key: "k\(index)",
        labels: ["order": "o\(index)", "state": "confirmed"], values: ["total_cents": 500])
      read(&history, index, at: at + second)
    }
    history.addPlanned(count * 2, stream: "follow", phase: "t.window", at: 0)
    change(&history)
    return history.phase("t.window", from: 0, to: 10 * second)
  }

  static func read(
    _ history: inout History, _ index: Int, at: Int64, status: Int? = 200, state: String = "confirmed",
    total: Int64 = 500
  ) {
    history.add(
      stream: "follow", op: "order-read", at: at, status: status, key: "o\(index)",
      labels: ["order": "o\(index)", "state": state], values: ["total_cents": total, "delay_ms": 1000])
  }
}

@Suite struct ReadsOwnWritesTests {
  private let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "30"]))

  @Test func everybodySeesTheirOrder() {
    #expect(check.evaluate(Session.history()).status == .met)
    #expect(check.evaluate(Session.history(30)).status == .met)
  }

  @Test func oneThatIsNotFoundIsOneTooMany() {
    let finding = check.evaluate(Session.history { Session.read(&$0, 3, at: 9 * Session.second, status: 404) })
    #expect(finding.status == .violated && finding.reason == "stale_read" && finding.observed.contains("1 of 41"))
  }

  @Test func anOlderStateOrAnotherTotalIsStale() {
    let older = check.evaluate(Session.history { Session.read(&$0, 3, at: 9 * Session.second, state: "placed") })
    #expect(older.reason == "stale_read" && older.observed.contains("placed"))
    let other = check.evaluate(Session.history { Session.read(&$0, 3, at: 9 * Session.second, total: 400) })
    #expect(other.reason == "stale_read")
  }

  @Test(arguments: [503, 500, nil])
  func aRefusedReadIsNoReading(status: Int?) {
    let finding = check.evaluate(Session.history { Session.read(&$0, 3, at: 9 * Session.second, status: status) })
    #expect(finding.status == .violated && finding.reason == "read_refused")
  }

  @Test func whoTakesNoOrdersShowsNone() {
    #expect(check.evaluate(Session.history(29)).reason == "orders_refused")
    let none = check.evaluate(
      Session.history(0) {
        for index in 0..<40 { $0.add(stream: "follow", op: "order", at: Int64(index + 1), status: 503) }
        $0.addPlanned(40, stream: "follow", phase: "t.window", at: 0)
      })
    #expect(none.status == .violated && none.reason == "orders_refused")
  }

  @Test func aClosedDoorIsViolated() {
    let finding = check.evaluate(
      Session.history(0) { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) })
    #expect(finding.status == .violated && finding.reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(Session.history(0)).reason == "not_tried")
    let late = check.evaluate(Session.history { $0.addPlanned(80, stream: "follow", phase: "t.window", at: 0) })
    #expect(late.status == .inconclusive && late.reason == "load_not_delivered")
  }
}

@Suite struct UnknownIsNotFoundTests {
  private let check = UnknownIsNotFound(plan: Written.plan("unknown-is-not-found", ["within_ms": "300"]))

  /// A hundred who ask; the first are answered otherwise.
  private func history(slow: Int = 0, status: Int? = 404, wrong: Int = 0, planned: Int = 100) -> Finding {
    var history = History()
    for index in 0..<100 {
      let at = Int64(index) * 1_000_000 + 1
      let took: Int64 = index < slow ? 301_000_000 : 300_000_000
      let code = index < wrong ? status : 404
      history.events.append(
        Event(
          at: at + took,
          .request(
            RequestEvent(
              stream: "users", op: "order-unknown", scheduled: at, sent: at, done: at + took, status: code,
              outcome: code.map { Outcome(status: $0) } ?? .unknown))))
    }
    history.addPlanned(planned, stream: "users", phase: "t.window", at: 0)
    return check.evaluate(history.phase("t.window", from: 0, to: 10 * Session.second))
  }

  @Test func inTimeAndNotFound() {
    #expect(history().status == .met)
    #expect(history(slow: 2).status == .met)
  }

  @Test func threeOfAHundredAreTooSlow() {
    #expect(history(slow: 3).reason == "unknown_slow")
  }

  @Test func anOrderThatDoesNotExistIsNeverShown() {
    #expect(history(status: 200, wrong: 1).reason == "unknown_not_404")
  }

  @Test func refusalsAreAnotherChecksBusinessUpToATenth() {
    #expect(history(status: 503, wrong: 10).status == .met)
    #expect(history(status: 503, wrong: 11).reason == "unknown_not_404")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "no_success_of_op")
    #expect(history(planned: 200).reason == "load_not_delivered")
  }
}

@Suite struct ReplicasCarryReadsTests {
  private let check = ReplicasCarryReads(
    plan: Written.plan(
      "replicas-carry-reads",
      ["table": "orders.orders", "share": "0.5", "primary": "0.9", "each": "0.1", "replicas": "1"]))

  /// Forty reads; each replica's count before and after.
  private func finding(
    _ before: [[String?]], _ after: [[String?]], reads: Int = 40, status: Int = 200
  ) -> Finding {
    var history = History()
    for index in 0..<reads { history.add(stream: "users", op: "orders", at: Int64(index + 1), status: status) }
    history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans"], before)
    history.addRows("t.window.after.scans", at: 1, columns: ["node", "scans"], after)
    return check.evaluate(history.phase("t.window", from: 0, to: 10 * Session.second))
  }

  @Test func halfIsEnoughAndLessIsNot() {
    #expect(finding([["r", "100"]], [["r", "120"]]).status == .met)
    let less = finding([["r", "100"]], [["r", "119"]])
    #expect(less.status == .violated && less.reason == "primary_overused")
  }

  @Test func allReplicasCountTogether() {
    let before: [[String?]] = [["r", "0"], ["s", "5"]]
    #expect(finding(before, [["r", "10"], ["s", "15"]]).status == .met)
  }

  @Test func aRebuiltServerCountsFromNothing() {
    #expect(finding([["r", "100"]], [["r", "30"]]).status == .met)
    #expect(finding([], [["r", "30"]]).status == .met)
  }

  /// Two have to, wherever there are more.
  @Test func soManyReplicasHaveTheirPart() {
    var two = check.plan
    two.parameters["replicas"] = "2"
    func finding(_ counts: [String]) -> Finding {
      let names = ["r", "s", "t"]
      var history = History()
      for index in 0..<40 { history.add(stream: "users", op: "orders", at: Int64(index + 1)) }
      history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans"], [])
      history.addRows(
        "t.window.after.scans", at: 1, columns: ["node", "scans"], zip(names, counts).map { [$0, $1] })
      return ReplicasCarryReads(plan: two).evaluate(history.phase("t.window", from: 0, to: 10 * Session.second))
    }
    #expect(finding(["36", "4"]).status == .met && finding(["36", "4", "0"]).status == .met)
    for counts in [["37", "3"], ["40"], ["37", "2", "1"]] {
      #expect(finding(counts).status == .violated && finding(counts).reason == "replica_idle")
    }
  }

  @Test func eachTableHasReadsOfItsOwn() {
    var other = check.plan
    other.parameters["table"] = "inventory.stock"
    var history = History()
    for index in 0..<40 { history.add(stream: "looks", op: "product-stock", at: Int64(index + 1)) }
    for name in ["before", "after"] {
      history.addRows(
        "t.window.\(name).scans", at: 1, columns: ["node", "scans"], [["r", name == "after" ? "40" : "0"]])
    }
    history = history.phase("t.window", from: 0, to: 10 * Session.second)
    #expect(ReplicasCarryReads(plan: other).evaluate(history).status == .met)
    #expect(check.evaluate(history).reason == "no_success_of_op")
  }

  @Test func withoutReplicasThePrimaryDoesItAll() {
    #expect(finding([], []).reason == "primary_overused")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(finding([], [["r", nil]]).reason == "probe_dead")
    #expect(finding([], [["r", "50"]], reads: 19).reason == "no_success_of_op")
    #expect(finding([], [["r", "50"]], status: 503).reason == "no_success_of_op")
    var uncounted = History()
    for index in 0..<40 { uncounted.add(stream: "users", op: "orders", at: Int64(index + 1)) }
    #expect(check.evaluate(uncounted.phase("t.window", from: 0, to: Session.second)).reason == "probe_dead")
  }
}

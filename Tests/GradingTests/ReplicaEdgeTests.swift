import DrillCore
import Testing

@testable import Grading

/// The edges of what replicas show and carry.
@Suite struct ReplicaEdgeTests {
  @Test func whereNoneIsDemandedNoneIsMissing() {
    var history = History()
    history.addRows("t.replicas", at: 1, columns: ["node", "lag_ms", "by_itself"], [])
    let finding = ReplicasAreFresh(plan: Written.plan("replicas-are-fresh", ["replicas": "0"])).evaluate(history)
    #expect(finding.status == .met && finding.observed == "0 replicas, the slowest after 0 ms")
  }

  @Test func allReadsMayBeOlder() {
    var history = History()
    for index in 0..<3 {
      history.add(
        stream: "follow", op: "order", at: Int64(index + 1), status: 201,
        labels: ["order": "o\(index)", "state": "confirmed"], values: ["total_cents": 500])
      Session.read(&history, index, at: Session.second, state: "placed")
    }
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "3"]))
    let finding = check.evaluate(Written.windowed(history))
    #expect(finding.reason == "stale_read" && finding.observed.hasSuffix("was placed, acknowledged as confirmed"))
  }

  @Test func refusedReadsAreCounted() {
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "30"]))
    let finding = check.evaluate(Session.history { Session.read(&$0, 3, at: 9 * Session.second, status: 503) })
    #expect(finding.reason == "read_refused" && finding.observed.hasPrefix("1 of 41 reads got 503"))
  }

  private func carried(
    _ before: [[String?]], _ after: [[String?]], reads: Int = 40, status: Int? = 200, each: String = "0.1",
    replicas: String = "1", primary: Int? = nil, late: Int64 = 0
  ) -> Finding {
    var history = History()
    for index in 0..<reads {
      history.add(stream: "users", op: "orders", at: Int64(index + 1), status: status)
    }
    Written.delay(&history, by: late)
    history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans"], before)
    history.addRows("t.window.after.scans", at: 1, columns: ["node", "scans"], after)
    if let primary {
      history.addRows("t.window.before.primary", at: 0, columns: ["node", "scans"], [["p", "100"]])
      history.addRows("t.window.after.primary", at: 1, columns: ["node", "scans"], [["p", "\(100 + primary)"]])
    }
    let check = ReplicasCarryReads(
      plan: Written.plan(
        "replicas-carry-reads",
        ["table": "orders.orders", "share": "0.5", "primary": "0.9", "each": each, "replicas": replicas]))
    return check.evaluate(Written.windowed(history))
  }

  @Test func whoCameInBetweenCountsFromNothingAndWhoDidNothingDidNothing() {
    #expect(carried([], [["r", "20"]]).status == .met)
    #expect(carried([], [["r", "19"]]).reason == "primary_overused")
    #expect(carried([["r", "100"]], [["r", "100"]]).reason == "primary_overused")
  }

  /// A count that nobody has is not nothing.
  @Test func whoseCountIsMissingIsNotJudged() {
    for (before, after) in [
      ([["r", nil]], [["r", "40"]]), ([["r", "0"]], [["r", nil]]), ([["r", "0"], ["s", "0"]], [["r", "40"]]),
    ] as [([[String?]], [[String?]])] {
      let finding = carried(before, after, replicas: "2", primary: 90)
      #expect(finding.status == .inconclusive && finding.reason == "probe_dead", "\(before)")
    }
    for part in ["before", "after"] {
      var history = History()
      for index in 0..<40 { history.add(stream: "users", op: "orders", at: Int64(index + 1)) }
      history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans"], [["r", "0"]])
      history.addRows("t.window.after.scans", at: 1, columns: ["node", "scans"], [["r", "40"]])
      history.addRows("t.window.\(part).primary", at: 1, columns: ["node", "scans"], [["p", nil]])
      let check = ReplicasCarryReads(
        plan: Written.plan("replicas-carry-reads", ["table": "orders.orders", "share": "0.5"]))
      #expect(check.evaluate(Written.windowed(history)).reason == "probe_dead")
    }
  }

  /// A generator that stood still sends all at once, and copies are served unlike in turn.
  @Test func readsThatWentOutLateBlameNobody() {
    #expect(carried([], [["r", "19"]], late: 250_000_000).reason == "primary_overused")
    #expect(carried([], [["r", "19"]], late: 250_000_001).reason == "load_not_delivered")
    #expect(carried([], [["r", "40"], ["s", "1"]], replicas: "2").reason == "replica_idle")
    #expect(carried([], [["r", "40"], ["s", "1"]], replicas: "2", late: 300_000_000).reason == "load_not_delivered")
    #expect(carried([], [["r", "20"]], late: 300_000_000).status == .met)
  }

  /// Somebody who looks at replicas for nobody's sake doesn't make the primary any freer.
  @Test func thePrimaryCountsToo() {
    #expect(carried([], [["r", "400"]], primary: 36).status == .met)
    let used = carried([], [["r", "400"]], primary: 37)
    #expect(used.reason == "primary_overused" && used.observed == "the primary looked 37 times for 40 reads")
    #expect(carried([], [["r", "400"]], primary: 37, late: 300_000_000).reason == "load_not_delivered")
    // One that was restarted counts from nothing: it says nothing.
    #expect(carried([], [["r", "400"]], primary: -50).status == .met)
  }

  /// What went on before there were users goes on beside them, and is none of their reads: 30 a second for ten seconds.
  @Test(arguments: [(319, "primary_overused"), (320, "met"), (0, "primary_overused")])
  func whoLooksForNobodyServesNobody(_ looks: Int, _ expected: String) {
    var history = History()
    for index in 0..<40 { history.add(stream: "users", op: "orders", at: Int64(index + 1)) }
    history.addRows("t.window.before.scans", at: 0, columns: ["node", "scans", "a_second"], [["r", "100", "30.0"]])
    history.addRows(
      "t.window.after.scans", at: 10_000_000_000, columns: ["node", "scans", "a_second"],
      [["r", "\(100 + looks)", nil]])
    let plan = Written.plan("replicas-carry-reads", ["table": "orders.orders", "share": "0.5"])
    let finding = ReplicasCarryReads(plan: plan).evaluate(Written.windowed(history))
    #expect(finding.reason ?? finding.status.rawValue == expected, "\(finding)")
    if expected == "met" {
      #expect(finding.observed == "replicas looked 20 times for 40 reads, and 300 times unasked")
    }
  }

  /// A judge who is shut out of all servers in the midst of it finds no replica any more.
  @Test func whereThePrimaryIsSilentToNobodyIsBlamed() {
    var history = History()
    for index in 0..<40 { history.add(stream: "users", op: "orders", at: Int64(index + 1)) }
    for (look, scans) in [("before", "100"), ("after", nil)] as [(String, String?)] {
      let replicas: [[String?]] = scans.map { [["r", $0]] } ?? []
      history.addRows("t.window.\(look).scans", at: 1, columns: ["node", "scans"], replicas)
      history.addRows("t.window.\(look).primary", at: 1, columns: ["node", "scans"], [["p", scans]])
    }
    let plan = Written.plan("replicas-carry-reads", ["table": "orders.orders", "share": "0.5"])
    let finding = ReplicasCarryReads(plan: plan).evaluate(Written.windowed(history))
    #expect(finding.status == .inconclusive && finding.reason == "probe_dead")
  }

  @Test func twentyReadsAreEnough() {
    #expect(carried([], [["r", "10"]], reads: 20).status == .met)
    #expect(carried([], [["r", "10"]], reads: 19).reason == "no_success_of_op")
  }

  @Test(arguments: [(499, true), (500, false), (nil, false)] as [(Int?, Bool)])
  func whatTheServerFailedAtIsNoRead(status: Int?, isRead: Bool) {
    #expect(carried([], [["r", "40"]], status: status).reason == (isRead ? nil : "no_success_of_op"))
  }

  @Test func thePartOfEachIsSaidWhereThereIsOne() {
    #expect(carried([], []).expected.hasSuffix(", 1 of them at least 10 % of these each"))
    #expect(carried([], [], each: "0").expected == "replicas serve at least 50 % of the reads")
  }
}

/// The edges of stock-is-current: the judge adds 5 pieces from 2.0 to 2.1 s, and what is shown may be 3 s old.
@Suite struct CurrentEdgeTests {
  private static let replaced: Int64 = 2_100_000_000

  /// `count` looks of which each, being later than 5.1 s, would show a replaced value.
  private func finding(
    telling count: Int = 20, refused: Int = 0, share: String = "0.01", _ change: (inout History) -> Void = { _ in }
  ) -> Finding {
    var history = History()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["A", "100"]])
    history.addFault(
      "touch", "verified", at: 2_100_000_000,
      parameters: ["trial": "t", "began": "2000000000", "done": "\(Self.replaced)", "amount": "5", "skus": "A"])
    for index in 0..<count { Self.look(&history, at: 6 * Written.second + Int64(index), shown: 105) }
    for index in 0..<refused { Self.look(&history, at: Int64(index + 1), shown: 100, status: 503) }
    change(&history)
    let check = StockIsCurrent(plan: Written.plan("stock-is-current", ["within_ms": "3000", "share": share]))
    return check.evaluate(Written.windowed(history))
  }

  private static func look(_ history: inout History, at: Int64, shown: Int64, status: Int = 200) {
    history.add(
      stream: "looks", op: "product-stock", at: at, status: status, labels: ["sku": "A"], values: ["on_hand": shown])
  }

  @Test func twentyLooksAreEnough() {
    #expect(finding().status == .met)
    #expect(finding(telling: 19).reason == "no_success_of_op")
  }

  @Test func aLookAtTheBoundTellsNothing() {
    let bound = Self.replaced + 3 * Written.second
    #expect(finding(telling: 19) { Self.look(&$0, at: bound, shown: 105) }.reason == "no_success_of_op")
    #expect(finding(telling: 19) { Self.look(&$0, at: bound + 1, shown: 105) }.status == .met)
  }

  /// A look takes a millisecond.
  @Test(arguments: [(0, nil), (1, "content_made_up")] as [(Int64, String?)])
  func whatComesWhenTheChangeBeginsMayShowIt(earlier: Int64, reason: String?) {
    let finding = finding { Self.look(&$0, at: 2_000_000_000 - 1_000_000 - earlier, shown: 105) }
    #expect(finding.reason == reason)
  }

  @Test func theShareItselfMayBeRefused() {
    #expect(finding(telling: 99, refused: 1).status == .met)
    #expect(finding(telling: 98, refused: 1).reason == "stock_refused")
  }

  @Test func whatOthersDidIsNoChangeOfStock() {
    let finding = finding {
      $0.addFault("restart", "inject", at: 1, parameters: ["trial": "t"])
      $0.addFault("touch", "unverified", at: 1, parameters: ["trial": "u"])
    }
    #expect(finding.status == .met)
  }
}

/// The edges of unknown-is-not-found.
@Suite struct UnknownEdgeTests {
  private func finding(_ count: Int, slow: Int, _ change: (inout History) -> Void = { _ in }) -> Finding {
    var history = History()
    for index in 0..<count {
      let at = Int64(index + 1)
      history.events.append(
        Event(
          at: at,
          .request(
            RequestEvent(
              stream: "users", op: "order-unknown", scheduled: at, sent: at,
              done: at + (index < slow ? 301_000_000 : 1), status: 404, outcome: .rejected))))
    }
    change(&history)
    let check = UnknownIsNotFound(plan: Written.plan("unknown-is-not-found", ["within_ms": "300"]))
    return check.evaluate(Written.windowed(history))
  }

  @Test func oneOfFewMayBeSlowAndNotTwo() {
    #expect(finding(10, slow: 1).status == .met)
    let finding = finding(10, slow: 2)
    #expect(finding.reason == "unknown_slow" && finding.observed == "2 of 10 took longer, one 301 ms")
  }

  @Test func whoAsksForSomethingElseFindsIt() {
    let finding = finding(10, slow: 0) { $0.add(stream: "users", op: "order-read", at: 9) }
    #expect(finding.status == .met && finding.observed.hasPrefix("10 of 10"))
  }
}

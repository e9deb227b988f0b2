import DrillCore
import Testing

@testable import Grading

/// What it does to a verdict that others have the machine's processors.
@Suite struct DenialTests {
  private static let second: Int64 = 1_000_000_000
  private let second = Self.second

  /// Notes that from `from` to `to` work took so many times as long as usual, and what the lab used then.
  private func denied(
    _ history: inout History, from: Double, to: Double, slowness: Double = 5, used: Double? = 0.25,
    phase: String = "t.window", source: String = "lab_slowness"
  ) {
    let (begin, end) = (Int64(from * 1e9), Int64(to * 1e9))
    for (name, value) in [(source, slowness), ("lab_processors", used)] {
      guard let value else { continue }
      let sample = SampleEvent(name: name, value: value, labels: ["phase": phase, "begin": "\(begin)"])
      history.events.append(Event(at: end, .sample(sample)))
    }
  }

  // MARK: Which times count

  private func users(_ change: (inout History) -> Void) -> Finding {
    var history = History()
    for index in 0..<100 {
      history.add(
        stream: "users", op: "browse", at: index < 2 ? 10 * second : Int64(index) * 100_000,
        status: index < 2 ? 503 : 200)
    }
    change(&history)
    return UsersAreServed(plan: Written.plan("users-are-served", ["share": "0.01"])).evaluate(Written.windowed(history))
  }

  @Test(arguments: [
    (5.0, 0.25 as Double?, true), (4.9, 0.1, false), (5, 0.26, false), (40, 0, true), (40, 1, false), (40, nil, false),
  ])
  func othersHadTheProcessors(slowness: Double, used: Double?, isExcused: Bool) {
    let finding = users { denied(&$0, from: 9.9, to: 10.1, slowness: slowness, used: used) }
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "users_refused"))
    #expect(finding.status == (isExcused ? .inconclusive : .violated))
    if isExcused { #expect(finding.observed.hasSuffix("was busy with other work")) }
  }

  @Test(arguments: [(9.0, 9.001, true), (8.9, 8.99, false), (10.0005, 10.1, true), (10.1, 10.2, false)])
  func aSecondAfterwardsThereIsACrowd(from: Double, to: Double, isExcused: Bool) {
    let finding = users { denied(&$0, from: from, to: to) }
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "users_refused"))
  }

  @Test func whatTheLabUsedAtAnotherTimeSaysNothing() {
    func finding(_ usage: [(from: Double, to: Double, used: Double)]) -> Finding {
      users { history in
        denied(&history, from: 9.9, to: 10.1, used: nil)
        for (from, to, used) in usage {
          let sample = SampleEvent(
            name: "lab_processors", value: used, labels: ["phase": "t.window", "begin": "\(Int64(from * 1e9))"])
          history.events.append(Event(at: Int64(to * 1e9), .sample(sample)))
        }
      }
    }
    #expect(finding([(9, 9.9, 1), (9.9, 10, 0.2), (10, 11, 0.25), (11, 12, 1)]).reason == "load_not_delivered")
    #expect(finding([(9, 10, 0.2), (10, 11, 0.9)]).reason == "users_refused")
    #expect(finding([(8, 9, 0.2)]).reason == "users_refused")
  }

  @Test(arguments: ["lab_slowness", "machine_slowness"]) func whosesoeverWorkItWas(source: String) {
    #expect(users { denied(&$0, from: 9.9, to: 10.1, source: source) }.reason == "load_not_delivered")
    #expect(users { denied(&$0, from: 9.9, to: 10.1, source: "other") }.reason == "users_refused")
  }

  @Test func anotherPhaseIsNoExcuse() {
    #expect(users { denied(&$0, from: 9.9, to: 10.1, phase: "t.rest") }.reason == "users_refused")
  }

  // MARK: Orders

  private let recover = OrdersRecover(plan: Written.plan("orders-recover", ["share": "0.9", "within_ms": "4000"]))

  /// Of forty orders after the outage thirty are lost, those from 8 to 11 s.
  @Test(arguments: [(8.0, 11.0, true), (8, 10.5, true), (8, 10.4, false), (8, 9.5, false)])
  func ordersThatWereLostForWantOfTheMachineBlameNobody(from: Double, to: Double, isExcused: Bool) {
    let finding = recover.evaluate(Outage.history(until: 11 * second) { denied(&$0, from: from, to: to - 1) })
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "not_recovered"))
    #expect(finding.status == (isExcused ? .inconclusive : .violated) && finding.observed.hasPrefix("10 of 40"))
  }

  @Test func fourMayBeLostBesides() {
    // 30 are lost, 4 of them at another time.
    #expect(
      recover.evaluate(Outage.history(until: 11 * second) { denied(&$0, from: 8.35, to: 9.95) }).reason
        == "load_not_delivered")
    #expect(
      recover.evaluate(Outage.history(until: 11 * second) { denied(&$0, from: 8.45, to: 9.95) }).reason
        == "not_recovered")
  }

  /// Twenty orders come before the outage, none is confirmed.
  @Test(arguments: [(0.0, 0.55, true), (0, 0.45, false)])
  func noneBeforeIsNothingToBlameWhereNobodyHadTheMachine(from: Double, to: Double, isExcused: Bool) {
    var history = History()
    history.addFault("provider", "inject", at: 2 * second, parameters: ["trial": "t"])
    history.addFault("provider", "cleared", at: 4 * second, parameters: ["trial": "t"])
    for index in 0..<120 { Outage.order(&history, at: Int64(index) * second / 10, status: index < 20 ? 504 : 201) }
    denied(&history, from: from, to: to)
    let finding = recover.evaluate(history.phase("t.window", from: 0, to: Outage.end))
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "orders_refused"))
    #expect(finding.status == (isExcused ? .inconclusive : .violated))
  }

  /// So many orders come before the outage, none is confirmed; all that come after it are.
  @Test(arguments: [(5, "orders_refused" as String?), (4, nil)])
  func fiveSpeakForThemselves(count: Int, reason: String?) {
    var history = History()
    history.addFault("provider", "inject", at: 2 * second, parameters: ["trial": "t"])
    history.addFault("provider", "cleared", at: 4 * second, parameters: ["trial": "t"])
    for index in (20 - count)..<120 {
      Outage.order(&history, at: Int64(index) * second / 10, status: index < 20 ? 504 : 201)
    }
    #expect(recover.evaluate(history.phase("t.window", from: 0, to: Outage.end)).reason == reason)
  }

  // MARK: What is late

  @Test(arguments: [(9.5, 10.0, "stale_read"), (8.0, 8.1, "load_not_delivered"), (0.3, 0.5, "load_not_delivered")])
  func aReplicaThatGotNoProcessorIsLateForNoFaultOfTheLabs(from: Double, to: Double, reason: String) {
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "30"]))
    // Ordered at 0.3 s, not found at 9 s.
    let history = Session.history {
      Session.read(&$0, 3, at: 9 * second, status: 404)
      denied(&$0, from: from, to: to)
    }
    #expect(check.evaluate(history).reason == reason)
  }

  /// Ordered at 0.3 s, shown as it was before that at 9 s.
  @Test(arguments: [(9.5, 10.0, "stale_read"), (8.0, 8.1, "load_not_delivered"), (0.3, 0.5, "load_not_delivered")])
  func soIsAnOlderState(from: Double, to: Double, reason: String) {
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "30"]))
    let history = Session.history {
      Session.read(&$0, 3, at: 9 * second, state: "pending")
      denied(&$0, from: from, to: to)
    }
    #expect(check.evaluate(history).reason == reason)
  }

  @Test func oneReadIsNoExcuseForAnother() {
    let check = ReadsOwnWrites(plan: Written.plan("reads-own-writes", ["reads": "30"]))
    func finding(_ statuses: [(Double, Int)]) -> Finding {
      check.evaluate(
        Session.history { history in
          for (at, status) in statuses { Session.read(&history, 39, at: Int64(at * 1e9), status: status) }
          denied(&history, from: 8.9, to: 9.1)
        })
    }
    #expect(finding([(9, 404), (9, 503)]).reason == "load_not_delivered")
    #expect(finding([(9, 404), (6, 404)]).reason == "stale_read")
    #expect(finding([(9, 404), (6, 503)]).reason == "read_refused")
    #expect(finding([(9, 503)]).status == .inconclusive)
  }

  /// A product has 5 pieces more from 2 s on and shows them from `shown` on; the looks of those numbers are refused.
  private func stock(shown: Double, refused: Set<Int> = [], _ change: (inout History) -> Void) -> String? {
    var history = History()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["A", "100"]])
    history.addFault(
      "touch", "verified", at: 2_100_000_000,
      parameters: ["trial": "t", "began": "2000000000", "done": "2100000000", "amount": "5", "skus": "A"])
    for index in 1...200 {
      let at = Int64(index) * 50_000_000
      history.add(
        stream: "looks", op: "product-stock", at: at, status: refused.contains(index) ? 503 : 200,
        labels: ["sku": "A"], values: ["on_hand": at > Int64(shown * 1e9) ? 105 : 100])
    }
    history.addPlanned(200, stream: "looks", phase: "t.window", at: 0)
    change(&history)
    let check = StockIsCurrent(plan: Written.plan("stock-is-current", ["within_ms": "3000", "share": "0.01"]))
    return check.evaluate(history.phase("t.window", from: 0, to: 11 * second)).reason
  }

  /// Until 5 s it may be shown as it was before.
  @Test(arguments: [(0.0, 0.5, "stale_stock"), (1.5, 6.9, "load_not_delivered"), (7.5, 8, "stale_stock")])
  func stockMayBeOldForWantOfTheMachine(from: Double, to: Double, reason: String) {
    #expect(stock(shown: 7) { denied(&$0, from: from, to: to) } == reason)
  }

  /// Of 200 looks two may be refused; three are at 1 s, and two or three more long after.
  @Test(arguments: [
    (0.9, 1.2, [] as [Int], "load_not_delivered"), (1.4, 1.6, [], "stock_refused"),
    (0.9, 1.2, [150, 151], "load_not_delivered"), (0.9, 1.2, [150, 151, 152], "stock_refused"),
  ])
  func looksMayBeRefusedForWantOfTheMachine(from: Double, to: Double, others: [Int], reason: String) {
    #expect(stock(shown: 2.05, refused: Set(20...22).union(others)) { denied(&$0, from: from, to: to) } == reason)
  }

  /// A price rises at 2 s and is shown from 7 s on; 4 s are allowed.
  @Test(arguments: [(0.0, 0.5, "stale_page"), (2.5, 5.9, "load_not_delivered"), (7.5, 8, "stale_page")])
  func pagesMayBeOldForWantOfTheMachine(from: Double, to: Double, reason: String) {
    let check = ChangesShowInTime(plan: Written.plan("changes-show-in-time", ["within_ms": "4000"]))
    let history = Pages.history(.price({ $0 >= 7 * Self.second ? 550 : 500 })) {
      Pages.edit(&$0, "price_cents", 50, at: 2 * second)
      denied(&$0, from: from, to: to)
    }
    #expect(check.evaluate(history).reason == reason)
  }
}

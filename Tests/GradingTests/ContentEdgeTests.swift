import DrillCore
import Testing

@testable import Grading

/// One product whose stock the judge changes from 100 to 110, from 4.0 to 5.0 s, and whose price is 500.
enum Shelf {
  static let second = Written.second
  static let touch = ["trial": "t", "began": "\(4 * second)", "done": "\(5 * second)"]

  static func history(age: String? = "9000", _ change: (inout History) -> Void) -> History {
    var history = History()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["A", "100"]])
    history.addRows("t.marker.after", at: 0, columns: ["sku", "on_hand"], [["A", "110"]])
    history.addRows("products", at: 0, columns: ["sku", "price_cents", "age_s"], [["A", "500", age]])
    change(&history)
    history.addFault("touch", "verified", id: "real", at: 0, parameters: touch)
    look(&history, at: 9 * second, shown: 110)
    return Written.windowed(history)
  }

  static func look(_ history: inout History, at: Int64, shown: Int64, op: String = "stock", status: Int = 200) {
    history.add(
      stream: "sweep", op: op, target: "i-1", at: at, status: status, labels: status == 200 ? ["sku": "A"] : nil,
      values: status == 200 ? ["on_hand": shown] : nil)
  }

  /// The page of the product shows another price than the database has since `age` seconds.
  static func finding(age: String?, freshness: String?) -> Finding {
    let check = ContentIsReal(plan: Written.plan("content-is-real", freshness.map { ["freshness": $0] } ?? [:]))
    return check.evaluate(
      history(age: age) {
        $0.add(stream: "users", op: "product", at: 9, labels: ["sku": "A"], values: ["price_cents": 1])
      })
  }
}

/// The edges of what is shown.
@Suite struct ContentEdgeTests {
  private let check = ContentIsReal(plan: Written.plan("content-is-real", ["freshness": "60s"]))

  private func finding(_ change: (inout History) -> Void = { _ in }) -> Finding {
    check.evaluate(Shelf.history(change))
  }

  @Test func oneReadAfterTheChangeIsEnoughAndCounted() {
    let finding = finding()
    #expect(finding.status == .met && finding.observed.hasPrefix("1 reads") && finding.observed.contains(" 1 of them"))
  }

  /// A look takes a millisecond.
  @Test(
    arguments: [
      (4_000_000_000 - 1_000_000, 110, true), (4_000_000_000 - 1_000_001, 110, false),
      (5_000_000_000, 100, true), (5_000_000_001, 100, false),
    ] as [(Int64, Int64, Bool)])
  func whoLooksWhileItChangesMaySeeEither(at: Int64, shown: Int64, isReal: Bool) {
    #expect(finding { Shelf.look(&$0, at: at, shown: shown) }.status == (isReal ? .met : .violated))
  }

  @Test func onlyAReadOfStockThatCameShowsStock() {
    #expect(finding { Shelf.look(&$0, at: 9, shown: 0, status: 503) }.status == .met)
    #expect(finding { Shelf.look(&$0, at: 9, shown: 0, op: "reserve") }.status == .met)
  }

  @Test(arguments: [("restart", "verified", "t"), ("touch", "inject", "t"), ("touch", "verified", "other")])
  func onlyTheTrialsOwnChangeCounts(kind: String, action: String, trial: String) {
    #expect(finding { $0.addFault(kind, action, at: 0, parameters: ["trial": trial]) }.status == .met)
  }

  @Test func aWindowThatEndedEarlyWasNotTried() {
    let finding = check.evaluate(Written.windowed(History(), reason: "interrupted"))
    #expect(finding.reason == "not_tried" && finding.observed.hasSuffix("interrupted"))
    #expect(check.evaluate(Written.windowed(History())).reason == "probe_dead")
  }

  /// A price of which nobody knows how old it is has just changed.
  @Test(
    arguments: [
      ("59.9", "60s", nil), ("60", "60s", "content_made_up"), (nil, "1s", nil), (nil, "0s", "content_made_up"),
    ] as [(String?, String, String?)])
  func aPriceThatJustChangedTellsNothing(age: String?, freshness: String, reason: String?) {
    #expect(Shelf.finding(age: age, freshness: freshness).reason == reason)
  }
}

/// The edges of what stands in the database.
@Suite struct LedgerEdgeTests {
  private let kept = AcknowledgedIsKept(plan: Written.plan("acknowledged-is-kept"))
  private let charged = ChargedOnce(plan: Written.plan("charged-once"))

  private func reserved() -> History {
    var history = History()
    history.add(stream: "sweep", op: "reserve", at: 1, status: 201, key: "r1")
    return history
  }

  private func ordered(op: String = "order", state: String = "confirmed") -> History {
    var history = History()
    history.add(
      stream: "users", op: op, at: 3, status: 201, key: "k1", labels: ["order": "o1", "state": state],
      values: ["total_cents": 500])
    return history
  }

  @Test func eitherReservationsOrOrdersAreEnough() {
    var reserved = reserved()
    reserved.addRows("reservations", at: 9, columns: ["id"], [["r1"]])
    #expect(kept.evaluate(reserved).observed == "1 reservations and 0 orders are there")
    var ordered = ordered()
    ordered.addRows("orders", at: 9, columns: ["id", "key", "total_cents"], [["o1", "k1", "500"]])
    #expect(kept.evaluate(ordered).observed == "0 reservations and 1 orders are there")
  }

  @Test func anOrderWithoutATotalStandsAtNothing() {
    var history = ordered()
    history.addRows("orders", at: 9, columns: ["id", "key", "total_cents"], [["o1", "k1", nil]])
    let finding = kept.evaluate(history)
    #expect(finding.reason == "order_altered" && finding.observed.hasSuffix("stands at 0"))
  }

  private func book(_ history: History, _ ledger: [[String?]]) -> Finding {
    var history = history
    history.addRows("payments", at: 9, columns: ["order_id", "key"], [["o1", "c1"]])
    history.addRows("ledger", at: 9, columns: ["key", "amount_cents", "times"], ledger)
    history.addRows("ledger.strangers", at: 9, columns: ["key"], [])
    return charged.evaluate(history)
  }

  @Test func whatTheBookDoesNotSayWasNotCharged() {
    #expect(book(ordered(), [["c1", "500", nil]]).reason == "not_charged")
    let finding = book(ordered(), [["c1", nil, "1"]])
    #expect(finding.reason == "charged_wrong" && finding.observed.hasSuffix("was charged 0"))
  }

  @Test(arguments: [("order-read", "confirmed", 201), ("order", "placed", 201), ("order", "confirmed", 503)])
  func onlyAnOrderThatWasConfirmedIsCharged(op: String, state: String, status: Int) {
    var history = ordered()
    history.add(stream: "users", op: op, at: 4, status: status, key: "k2", labels: ["order": "o2", "state": state])
    let finding = book(history, [["c1", "500", "1"]])
    #expect(finding.status == .met && finding.observed.hasPrefix("1 orders"))
  }

  private static let columns = ["sku", "initial", "on_hand", "reserved", "sold", "held", "confirmed"]

  private func stock(_ before: [String?], _ after: [String?], _ change: (inout History) -> Void = { _ in }) -> Finding {
    var history = History()
    history.addRows("stock.before", at: 1, columns: Self.columns, [before])
    history.addRows("stock.after", at: 9, columns: Self.columns, [after])
    change(&history)
    return StockIsConserved(plan: Written.plan("stock-is-conserved")).evaluate(history)
  }

  /// In each of these the sum holds.
  @Test(arguments: [
    ["A", "5", "-1", "3", "3", "2", "2"], ["A", "5", "6", "-1", "0", "0", "0"], ["A", "5", "6", "0", "-1", "0", "0"],
    ["A", "5", "5", "0", "0", "3", "3"],
  ])
  func eachWayOfSellingTooMuchIsFound(after: [String]) {
    #expect(stock(["A", "5", "5", "0", "0", "0", "0"], after).reason == "oversold")
  }

  @Test func aNumberThatIsNotThereIsNone() {
    let row = ["A", "5", "5", nil, "0", "0", "0"]
    #expect(stock(row, row).status == .met)
    let touched = stock(row, row) { $0.addFault("touch", "verified", at: 5, parameters: ["skus": "A"]) }
    #expect(touched.status == .met)
  }
}

/// The edges of what survives, and of the servers' settings.
@Suite struct ServerEdgeTests {
  private let crash = SurvivesACrash(plan: Written.plan("survives-a-crash"))
  private let durability = DurabilityIsKept(
    plan: Written.plan("durability-is-kept", ["fsync": "on", "full_page_writes": "on"]))

  private func crashed(_ kind: String, trial: String) -> Finding {
    var history = History()
    history.add(stream: "crash", op: "reserve", target: "i-1", at: 10, status: 201, key: "k")
    history.addFault(kind, "verified", at: 20, parameters: ["trial": trial])
    for probe in ["crash.database", "crash.instances"] { history.addProbe(probe, at: 40) }
    var whole = history.phase("t.crash", from: 0, to: 100)
    whole.addRows("reservations", at: 110, columns: ["id"], [["k"]])
    return crash.evaluate(whole)
  }

  @Test func onlyTheTrialsOwnCrashIsOne() {
    #expect(crashed("restart", trial: "t").reason == "fault_not_verified")
    #expect(crashed("crash", trial: "other").reason == "fault_not_verified")
  }

  @Test func whatIsBackWhenSomebodyLooksTookNoTime() {
    let finding = crashed("crash", trial: "t")
    #expect(finding.status == .met && finding.observed.hasPrefix("back after 0 s"))
  }

  /// What two servers say about themselves; the second one only a part.
  private func settings(_ second: [String], dead: Bool = false) -> Finding {
    var history = History()
    for (node, names) in [("one", ["fsync", "full_page_writes"]), ("two", second)] {
      history.addProbe("unlogged", at: 1, labels: ["node": node])
      for name in names {
        var labels = ["name": name, "scope": node]
        if dead, node == "two" { labels["dead"] = "true" }
        history.addProbe("setting", at: 1, ok: labels["dead"] == nil, text: "on", labels: labels)
      }
    }
    return durability.evaluate(history)
  }

  @Test func eachServerSaysEachSetting() {
    #expect(settings(["fsync", "full_page_writes"]).status == .met)
    for (said, missing) in [("fsync", "full_page_writes"), ("full_page_writes", "fsync")] {
      let finding = settings([said])
      #expect(finding.reason == "probe_dead" && finding.observed.hasPrefix(missing))
    }
    #expect(settings(["fsync", "full_page_writes"], dead: true).reason == "probe_dead")
  }
}

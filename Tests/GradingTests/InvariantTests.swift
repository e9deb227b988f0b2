import DrillCore
import Testing

@testable import Grading

@Suite struct ContentIsRealTests {
  private let check = ContentIsReal(plan: Written.plan("content-is-real", ["freshness": "60s"]))
  private let second = Written.second

  /// The stock of the marker is 100, and 110 from the change at 4.5 s on.
  private func history(_ change: (inout History) -> Void = { _ in }) -> History {
    var history = Written.sweep()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["SKU-0401", "100"]])
    history.addRows("t.marker.after", at: 0, columns: ["sku", "on_hand"], [["SKU-0401", "110"]])
    history.addFault(
      "touch", "verified", at: 0,
      parameters: ["trial": "t", "began": "4500000000", "done": "4600000000", "amount": "10", "skus": "SKU-0401"])
    history.addRows(
      "products", at: 0, columns: ["sku", "price_cents", "age_s"],
      [["SKU-0001", "500", "9000"], ["SKU-0002", "7", "5"]])
    change(&history)
    return Written.windowed(history)
  }

  @Test func theTruthIsMet() {
    #expect(check.evaluate(history()).status == .met)
  }

  @Test func staleStockIsMadeUp() {
    let finding = check.evaluate(
      history {
        $0.add(
          stream: "sweep", op: "stock", target: "i-1", at: 6 * second, labels: ["sku": "SKU-0401"],
          values: ["on_hand": 100])
      })
    #expect(finding.reason == "content_made_up")
  }

  @Test func whileItChangesBothAreTrue() {
    for value in [100, 110] as [Int64] {
      let finding = check.evaluate(
        history {
          $0.add(
            stream: "sweep", op: "stock", target: "i-1", at: 4_550_000_000, labels: ["sku": "SKU-0401"],
            values: ["on_hand": value])
        })
      #expect(finding.status == .met)
    }
  }

  @Test func anotherProductOrNoneIsMadeUp() {
    for labels in [["sku": "SKU-9999"], nil] as [[String: String]?] {
      let finding = check.evaluate(
        history {
          $0.add(stream: "sweep", op: "stock", target: "i-1", at: 9, labels: labels, values: ["on_hand": 100])
        })
      #expect(finding.reason == "content_made_up")
    }
  }

  @Test(arguments: [("SKU-0001", 500 as Int64, true), ("SKU-0001", 499, false), ("SKU-0002", 1, true)])
  func pricesAreCompared(sku: String, price: Int64, met: Bool) {
    let page = check.evaluate(
      history { $0.add(stream: "users", op: "product", at: 9, labels: ["sku": sku], values: ["price_cents": price]) })
    #expect(page.reason == (met ? nil : "content_made_up"))
    let list = check.evaluate(history { $0.add(stream: "users", op: "browse", at: 9, values: ["price:\(sku)": price]) })
    #expect(list.reason == (met ? nil : "content_made_up"))
  }

  @Test func anEmptyPageIsMadeUp() {
    for (labels, values) in [(nil, nil), (["sku": "SKU-0001"], nil), (nil, ["price_cents": 500])]
      as [([String: String]?, [String: Int64]?)]
    {
      let finding = check.evaluate(
        history { $0.add(stream: "users", op: "product", at: 9, labels: labels, values: values) })
      #expect(finding.reason == "content_made_up")
    }
  }

  @Test func withoutTheChangeNothingIsProven() {
    var untouched = history()
    untouched.events.removeAll { if case .fault = $0.kind { true } else { false } }
    #expect(check.evaluate(untouched).reason == "probe_dead")
    var early = history()
    early.events.removeAll {
      if case .request(let request) = $0.kind { request.scheduled > 4 * second } else { false }
    }
    #expect(check.evaluate(early).reason == "no_success_of_op")
  }
}

@Suite struct StockIsConservedTests {
  private let check = StockIsConserved(plan: Written.plan("stock-is-conserved"))
  private let columns = ["sku", "initial", "on_hand", "reserved", "sold", "held", "confirmed"]

  private func history(before: [[String?]], after: [[String?]]) -> History {
    var history = History()
    history.addRows("stock.before", at: 0, columns: columns, before)
    history.addRows("stock.after", at: 9, columns: columns, after)
    return history
  }

  @Test(
    arguments: [
      (["a", "100", "95", "3", "2", "3", "2"], nil),
      (["a", "100", "96", "3", "2", "3", "2"], "stock_not_conserved"),
      (["a", "100", "95", "3", "2", "4", "2"], "stock_not_conserved"),
      (["a", "101", "96", "3", "2", "3", "2"], "stock_not_conserved"),
      (["a", "100", "-1", "99", "2", "99", "2"], "oversold"),
      (["a", "100", "95", "3", "2", "99", "2"], "oversold"),
      (["b", "100", "95", "3", "2", "3", "2"], "stock_not_conserved"),
    ] as [([String], String?)])
  func sumsDecide(after: [String], reason: String?) {
    let finding = check.evaluate(history(before: [["a", "100", "100", "0", "0", "0", "0"]], after: [after]))
    #expect(finding.reason == reason)
    #expect(finding.status == (reason == nil ? .met : .violated))
  }

  @Test func theJudgesOwnChangeIsAllowed() {
    var history = history(
      before: [["a", "100", "100", "0", "0", "0", "0"]], after: [["a", "110", "110", "0", "0", "0", "0"]])
    #expect(check.evaluate(history).reason == "stock_not_conserved")
    history.addFault("touch", "verified", at: 1, parameters: ["amount": "10", "skus": "a,b"])
    #expect(check.evaluate(history).status == .met)
  }

  @Test func anOldDisagreementIsNotHeldAgainstTheRepair() {
    let old: [String?] = ["a", "100", "98", "2", "0", "1", "0"]
    #expect(check.evaluate(history(before: [old], after: [old])).status == .met)
  }

  @Test func withoutRowsNothingIsKnown() {
    #expect(check.evaluate(History()).reason == "probe_dead")
    #expect(check.evaluate(history(before: [], after: [])).reason == "probe_dead")
  }
}

@Suite struct AcknowledgedIsKeptTests {
  private let check = AcknowledgedIsKept(plan: Written.plan("acknowledged-is-kept"))

  private func history(reservations: [[String?]]? = [["r1"]], orders: [[String?]]? = [["o1", "k1", "500"]]) -> History {
    var history = History()
    history.add(stream: "sweep", op: "reserve", at: 1, status: 201, key: "r1")
    history.add(stream: "sweep", op: "reserve", at: 2, status: 500, key: "r2")
    history.add(
      stream: "users", op: "order", at: 3, status: 201, key: "k1", labels: ["order": "o1"], values: ["total_cents": 500]
    )
    if let reservations { history.addRows("reservations", at: 9, columns: ["id"], reservations) }
    if let orders { history.addRows("orders", at: 9, columns: ["id", "key", "total_cents"], orders) }
    return history
  }

  @Test func whatIsThereIsMetAndTheUnacknowledgedMayBeMissing() {
    #expect(check.evaluate(history()).status == .met)
  }

  @Test func lossesAreFound() {
    #expect(check.evaluate(history(reservations: [])).reason == "acknowledged_lost")
    #expect(check.evaluate(history(orders: [])).reason == "acknowledged_lost")
    #expect(check.evaluate(history(orders: [["o1", "other", "500"]])).reason == "acknowledged_lost")
    #expect(check.evaluate(history(orders: [["o1", "k1", "501"]])).reason == "order_altered")
  }

  @Test func aKeyThatMadeTwoOrdersIsFound() {
    var twice = history(orders: [["o1", "k1", "500"], ["o2", "k1", "500"]])
    twice.add(stream: "users", op: "order-again", at: 4, status: 201, key: "k1", labels: ["order": "o2"])
    #expect(check.evaluate(twice).reason == "order_duplicated")
  }

  @Test func anAcknowledgementWithoutAnIdIsALoss() {
    var nameless = history()
    nameless.add(stream: "users", op: "order", at: 4, status: 200, key: "k2")
    #expect(check.evaluate(nameless).reason == "acknowledged_lost")
  }

  @Test func rowsOfAnEarlierTrialAreNotCompared() {
    // A later trial acknowledged more, and the look after it failed.
    var later = history().phase("first", from: 0, to: 10)
    later.events.append(Event(at: 11, .phase(PhaseEvent(name: "second", mark: .begin))))
    later.add(stream: "sweep", op: "reserve", at: 12, status: 201, key: "r9")
    #expect(check.evaluate(later).reason == "probe_dead")
    later.addProbe("reservations", at: 13, ok: false, labels: ["dead": "true"])
    #expect(check.evaluate(later).reason == "probe_dead")
    later.addRows("reservations", at: 14, columns: ["id"], [["r1"]])
    #expect(check.evaluate(later).reason == "acknowledged_lost")
  }

  @Test func withoutRowsOrRepliesNothingIsKnown() {
    #expect(check.evaluate(history(reservations: nil)).reason == "probe_dead")
    #expect(check.evaluate(history(orders: nil)).reason == "probe_dead")
    #expect(check.evaluate(History()).reason == "no_success_of_op")
  }
}

@Suite struct ChargedOnceTests {
  private let check = ChargedOnce(plan: Written.plan("charged-once"))

  private func history(
    payments: [[String?]]? = [["o1", "c1"]], ledger: [[String?]]? = [["c1", "500", "1"]], strangers: [[String?]]? = []
  ) -> History {
    var history = History()
    history.add(
      stream: "users", op: "order", at: 3, status: 201, key: "k1", labels: ["order": "o1", "state": "confirmed"],
      values: ["total_cents": 500])
    if let payments { history.addRows("payments", at: 9, columns: ["order_id", "key"], payments) }
    if let ledger { history.addRows("ledger", at: 9, columns: ["key", "amount_cents", "times"], ledger) }
    if let strangers { history.addRows("ledger.strangers", at: 9, columns: ["key"], strangers) }
    return history
  }

  @Test func theBookDecides() {
    #expect(check.evaluate(history()).status == .met)
    #expect(check.evaluate(history(ledger: [["c1", "500", "2"]])).reason == "charged_twice")
    #expect(check.evaluate(history(ledger: [["c1", "500", "1"], ["zz", "1", "2"]])).reason == "charged_twice")
    #expect(
      check.evaluate(
        history(payments: [["o1", "c1"], ["o1", "c2"]], ledger: [["c1", "500", "1"], ["c2", "500", "1"]])
      )
      .reason == "charged_twice")
    #expect(check.evaluate(history(payments: [])).reason == "not_charged")
    #expect(check.evaluate(history(ledger: [])).reason == "not_charged")
    #expect(check.evaluate(history(ledger: [["c1", "499", "1"]])).reason == "charged_wrong")
    #expect(check.evaluate(history(ledger: nil)).reason == "probe_dead")
    #expect(check.evaluate(history(payments: nil)).reason == "probe_dead")
    #expect(check.evaluate(History()).reason == "no_success_of_op")
  }

  /// Whoever asks with a fresh key at each attempt charges twice, and no key stands in the book twice.
  @Test func moneyThatTheShopKnowsNothingOfIsTaken() {
    #expect(check.evaluate(history(strangers: [])).status == .met)
    let finding = check.evaluate(history(strangers: [["c2"]]))
    // Who could not look into the book beforehand can't tell whose charges are new.
    #expect(check.evaluate(history(strangers: nil)).reason == "probe_dead")
    #expect(finding.status == .violated && finding.reason == "charged_unknown" && finding.observed.contains("c2"))
  }
}

@Suite struct DurabilityIsKeptTests {
  private let check = DurabilityIsKept(
    plan: Written.plan("durability-is-kept", ["fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"]))

  private func history(_ commit: String = "on", fsync: String = "on", role: String? = nil, unlogged: Double? = 0)
    -> History
  {
    var history = History()
    for (name, value) in [("fsync", fsync), ("synchronous_commit", commit), ("full_page_writes", "on")] {
      history.addProbe("setting", at: 0, text: value, labels: ["name": name, "scope": "inventory-db"])
    }
    if let role {
      history.addProbe("setting", at: 0, text: role, labels: ["name": "synchronous_commit", "scope": "role inventory"])
    }
    if let unlogged { history.addProbe("unlogged", at: 0, ok: unlogged == 0, value: unlogged, text: "inventory.stock") }
    return history
  }

  /// Postgres takes more words than it says itself.
  @Test func otherWordsForYesAndNoAreUnderstood() {
    for word in ["true", "YES", "1", "On", "remote_apply"] {
      #expect(check.evaluate(history(role: word)).status == .met, "\(word)")
    }
    for word in ["false", "No", "0", "OFF", "local", "what"] {
      #expect(check.evaluate(history(role: word)).reason == "durability_lowered", "\(word)")
    }
  }

  @Test func everyServerAndEveryTableMustBeSeen() {
    var other = history()
    other.addProbe("unlogged", at: 1, value: 0, labels: ["node": "inventory-db"])
    #expect(check.evaluate(other).status == .met)
    other.addProbe("unlogged", at: 1, value: 0, labels: ["node": "postgres"])
    #expect(check.evaluate(other).reason == "probe_dead")
    var deaf = history()
    deaf.addProbe("unlogged", at: 1, ok: false, labels: ["dead": "true"])
    deaf.addProbe("unlogged", at: 2, value: 0)
    #expect(check.evaluate(deaf).reason == "probe_dead")
  }

  @Test func weakerSettingsAreFound() {
    #expect(check.evaluate(history()).status == .met)
    #expect(check.evaluate(history("remote_apply")).status == .met)
    #expect(check.evaluate(history("local")).reason == "durability_lowered")
    #expect(check.evaluate(history(fsync: "off")).reason == "durability_lowered")
    #expect(check.evaluate(history(role: "off")).reason == "durability_lowered")
    #expect(check.evaluate(history(unlogged: 1)).reason == "durability_lowered")
    #expect(check.evaluate(history(unlogged: nil)).reason == "probe_dead")
    #expect(check.evaluate(History()).reason == "probe_dead")
  }
}

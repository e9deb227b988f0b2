import DrillCore
import Testing

@testable import Grading

@Suite struct StockBeforeTests {
  /// Of 100 pieces one is reserved before the window; at 2 s there are 5 more.
  @Test(
    arguments: [(100, "stale_stock"), (98, "stale_stock"), (101, "content_made_up"), (104, nil)] as [(Int64, String?)])
  func whatThereWasBeforeAReservationIsOldAndNotMadeUp(shown: Int64, reason: String?) {
    let check = StockIsCurrent(plan: Written.plan("stock-is-current", ["within_ms": "1000", "share": "0"]))
    var history = History()
    history.addRows(
      "t.marker.before", at: 0, columns: ["sku", "initial", "on_hand", "reserved", "sold"],
      [["A", "100", "99", "1", "0"]])
    history.addFault(
      "touch", "verified", at: 2_100_000_000,
      parameters: ["trial": "t", "began": "2000000000", "done": "2100000000", "amount": "5", "skus": "A"])
    for index in 1...200 {
      let at = Int64(index) * 50_000_000
      let value = index == 180 ? shown : at < 2_050_000_000 ? 99 : 104
      history.add(stream: "looks", op: "product-stock", at: at, labels: ["sku": "A"], values: ["on_hand": value])
    }
    history.addPlanned(200, stream: "looks", phase: "t.window", at: 0)
    let finding = check.evaluate(history.phase("t.window", from: 0, to: 10_000_000_000))
    #expect(finding.reason == reason, "\(finding)")
  }
}

import DrillCore
import Testing

@testable import Grading

/// What counts as an order, and how many may go wrong, while payments are in trouble.
@Suite struct RecoveryEdgeTests {
  @Test func whatIsNoOrderNeedNotBeConfirmed() {
    let check = OrdersRecover(plan: Written.plan("orders-recover", ["share": "1", "within_ms": "4000"]))
    let finding = check.evaluate(
      Outage.history {
        $0.add(stream: "users", op: "browse", at: 9 * Outage.second)
        $0.addDropped(stream: "users", op: "order", at: 10 * Outage.second)
      })
    #expect(finding.status == .met && finding.observed.hasPrefix("40 of 40"))
    #expect(finding.expected == "4.0 s after it is over 100 % of the orders are confirmed")
  }

  private func pages(_ lost: Int, share: String, status: Int? = 503) -> Finding {
    PagesAreServed(plan: Written.plan("pages-are-served", ["share": share])).evaluate(
      Outage.history {
        for index in 0..<20 {
          $0.add(stream: "users", op: "browse", at: Int64(index) * 1000, status: index < lost ? status : 200)
        }
      })
  }

  @Test func oneMayGoWrongWhereAnyMayAndNotTwo() {
    #expect(pages(1, share: "0.01").status == .met)
    #expect(pages(2, share: "0.01").reason == "pages_refused")
  }

  @Test(arguments: [(503, "503 "), (nil, "no answer")] as [(Int?, String)])
  func theRefusalIsSaid(status: Int?, words: String) {
    #expect(pages(1, share: "0", status: status).observed == "1 of 20 requests turned away (browse: \(words))")
  }

  @Test func whatIsNotCountedIsNone() {
    let check = RequestsPerOrder(plan: Written.plan("requests-per-order", ["most": "2"]))
    #expect(check.evaluate(Outage.asked(each: 2, [["other", nil]])).status == .met)
    #expect(check.evaluate(Outage.asked(each: 3)).observed == "360 requests for 120 orders, 3.0 each")
  }

  /// Three in a hundred and twenty, but for a share of a billionth of an order: that is no rounding.
  @Test(arguments: [("0.9750000000042", true), ("0.9750000000125", false)])
  func aBillionthOfAnOrderIsRounding(share: String, isMet: Bool) {
    let check = SingleFailuresAreHidden(plan: Written.plan("single-failures-are-hidden", ["share": share]))
    let history = Outage.history(until: 23 * Outage.second / 10) {
      for (part, count) in [("before", "0"), ("after", "1")] {
        $0.addRows("t.window.provider.\(part)", at: 1, columns: ["failed_once"], [[count]])
      }
    }
    #expect(check.evaluate(history).status == (isMet ? .met : .violated))
  }
}

/// The edges of what pages show.
@Suite struct PageFilterTests {
  @Test func onlyAPageThatCameShowsSomething() {
    let check = ChangesShowInTime(plan: Written.plan("changes-show-in-time", ["within_ms": "4000"]))
    let finding = check.evaluate(
      Pages.history {
        Pages.edit(&$0, "price_cents", 0, at: 2 * Pages.second)
        $0.add(stream: "users", op: "product-hot", at: 9, status: 503)
        $0.add(stream: "users", op: "browse", at: 9)
      })
    #expect(finding.status == .met && finding.observed.hasPrefix("100 pages"))
  }
}

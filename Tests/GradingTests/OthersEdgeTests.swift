import DrillCore
import Testing

@testable import Grading

/// The edges of others-go-on: a window in which two parts of 2 s each are free, 0.7 to 2.7 s and 5.1 to 7.1 s, and a
/// product is held from 3.4 to 4.4 s.
@Suite struct OthersEdgeTests {
  private static let second = Written.second
  private static let hold = 3_400_000_000...4_400_000_000 as ClosedRange<Int64>

  /// An order that was answered at `time`.
  private static func order(
    _ history: inout History, at time: Int64, stream: String = "saturate", op: String = "order", status: Int? = 201
  ) {
    history.add(stream: stream, op: op, at: time - 1_000_000, status: status)
  }

  private static func orders(_ history: inout History, _ count: Int, _ range: ClosedRange<Int64>, status: Int = 201) {
    for index in 0..<count {
      // The last one at the end of its part: the window counts until then.
      let step = (range.upperBound - range.lowerBound) / Int64(count)
      order(&history, at: range.upperBound - Int64(index) * step, status: status)
    }
  }

  /// So many orders in the first free part, while the product is held, and in the second free part.
  private func finding(
    _ first: Int, _ held: Int, _ last: Int, hold: ClosedRange<Int64> = hold, wanted: Bool = true,
    _ change: (inout History) -> Void = { _ in }
  ) -> Finding {
    var history = History()
    Self.orders(&history, first, 700_000_000...(hold.lowerBound - 700_000_000))
    Self.orders(&history, held, (hold.lowerBound + 1)...(hold.upperBound - 1))
    Self.orders(&history, last, (hold.upperBound + 700_000_000)...(hold.upperBound + 2_700_000_000))
    for action in ["inject", "verified"] {
      history.addFault("hold-row", action, id: "h", at: hold.lowerBound, parameters: ["trial": "t"])
    }
    history.addRows(
      "t.window.holds", at: 1, columns: ["from", "to"], [["\(hold.lowerBound)", "\(hold.upperBound)"]])
    if wanted { Self.order(&history, at: hold.upperBound + 1, stream: "customers", status: nil) }
    change(&history)
    let check = OthersGoOn(plan: Written.plan("others-go-on", ["share": "0.5"]))
    return check.evaluate(Written.windowed(history))
  }

  @Test func fiveOrdersASecondAreEnough() {
    #expect(finding(10, 5, 10).status == .met)
    #expect(finding(9, 5, 10).reason == "no_success_of_op")
    #expect(finding(10, 5, 9).reason == "no_success_of_op")
  }

  /// A generator that stood still made no orders, whoever held what.
  @Test func ordersThatWentOutLateBlameNobody() {
    #expect(finding(20, 4, 20) { Written.delay(&$0, by: 250_000_000) }.reason == "others_wait")
    #expect(finding(20, 4, 20) { Written.delay(&$0, by: 250_000_001) }.reason == "load_not_delivered")
    #expect(finding(20, 5, 20) { Written.delay(&$0, by: 300_000_000) }.status == .met)
  }

  @Test func theShareItselfIsEnough() {
    #expect(finding(20, 5, 20).status == .met)
    let less = finding(20, 4, 20)
    #expect(less.reason == "others_wait" && less.observed == "40 % of 10 orders a second")
  }

  @Test func threeTimesAsManyAreRestEnough() {
    #expect(finding(20, 5, 60).reason == "others_wait")
    #expect(finding(20, 5, 62).reason == "load_not_delivered")
  }

  /// Of 25 orders a second one is 4 %, of 20 it is 5 %.
  @Test func lessThanATwentiethIsNoRestlessMachine() {
    #expect(finding(20, 1, 80).reason == "others_wait")
    #expect(finding(16, 1, 64).reason == "load_not_delivered")
  }

  @Test func whatIsNoOrderThatWasTakenDoesNotCount() {
    let finding = finding(20, 0, 20) {
      for index in 0..<20 {
        let time = Self.hold.lowerBound + 1 + Int64(index)
        Self.order(&$0, at: time, op: "browse", status: 200)
        Self.order(&$0, at: time, status: 503)
      }
    }
    #expect(finding.reason == "others_wait")
  }

  @Test(
    arguments: [
      ("order", 3_400_000_000, 3_400_000_001, true), ("order", 3_399_999_999, 3_400_000_000, false),
      ("order", 4_399_999_999, 4_400_000_009, true), ("order", 4_400_000_000, 4_400_000_009, false),
      ("browse", 3_500_000_000, 3_600_000_000, false), ("order", 3_000_000_000, 9_000_000_000, true),
    ] as [(String, Int64, Int64, Bool)])
  func somebodyMustWantWhatIsHeld(op: String, sent: Int64, done: Int64, isWanted: Bool) {
    let finding = finding(10, 10, 10, wanted: false) {
      $0.events.append(
        Event(
          at: done,
          .request(
            RequestEvent(
              stream: "customers", op: op, scheduled: sent, sent: sent, done: done, status: 201, outcome: .ok))))
    }
    #expect(finding.reason == (isWanted ? nil : "fault_not_verified"))
  }

  @Test func whatOthersDidIsNoHold() {
    let finding = finding(10, 10, 10) {
      $0.addFault("hold-row", "inject", id: "other", at: 1, parameters: ["trial": "u"])
      $0.addFault("restart", "inject", id: "restart", at: 1, parameters: ["trial": "t"])
    }
    #expect(finding.status == .met)
  }

  @Test func aHoldOfWhichNothingWasHeardTellsNothing() {
    let unheard = finding(10, 10, 10) { $0.addFault("hold-row", "inject", id: "h2", at: 1, parameters: ["trial": "t"]) }
    #expect(unheard.reason == "fault_not_verified")
    let instant = finding(10, 10, 10) {
      let time = 3 * Self.second
      $0.addRows("t.window.holds", at: 2, columns: ["from", "to"], [["\(time)", "\(time)"]])
      Self.order(&$0, at: time + 1, stream: "customers")
      for action in ["inject", "verified"] {
        $0.addFault("hold-row", action, id: "h2", at: time, parameters: ["trial": "t"])
      }
    }
    #expect(instant.reason == "fault_not_verified")
  }

  /// Nobody orders before the product is held: a free part that is long enough shows it.
  @Test(arguments: [(2_100_000_000, "no_success_of_op"), (2_099_999_999, nil)] as [(Int64, String?)])
  func sevenTenthsOfASecondAreAPart(begin: Int64, reason: String?) {
    #expect(finding(0, 10, 10, hold: begin...(begin + Self.second)).reason == reason)
  }

  /// One order at the end of a free part at the end of the window.
  @Test(arguments: [(700_000_000, "no_success_of_op"), (699_999_999, nil)] as [(Int64, String?)])
  func soTheyAreAtTheEnd(length: Int64, reason: String?) {
    let finding = finding(10, 10, 0) { Self.order(&$0, at: Self.hold.upperBound + 700_000_000 + length) }
    #expect(finding.reason == reason)
  }
}

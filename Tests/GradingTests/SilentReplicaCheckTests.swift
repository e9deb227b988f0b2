import DrillCore
import Testing

@testable import Grading

@Suite struct ReplicasAreFreshTests {
  private let check = ReplicasAreFresh(
    plan: Written.plan("replicas-are-fresh", ["replicas": "2", "within_ms": "1000"]))

  private func finding(_ rows: [[String?]]) -> Finding {
    var history = History()
    history.addRows("t.replicas", at: 1, columns: ["node", "lag_ms", "by_itself"], rows)
    return check.evaluate(history)
  }

  @Test func twoThatFollowEachByItself() {
    #expect(finding([["a", "3", "true"], ["b", "1000", "true"]]).status == .met)
    #expect(finding([["a", "3", "true"], ["b", "4", "true"], ["c", "5", "true"]]).status == .met)
  }

  @Test func oneThatIsLateOrStandsStillIsBehind() {
    for lag in ["1001", nil] {
      let finding = finding([["a", "3", "true"], ["b", lag, "true"]])
      #expect(finding.status == .violated && finding.reason == "replica_behind" && finding.observed.contains("b "))
    }
  }

  /// Whether anybody reads from it, the looks at stock show.
  @Test func aThirdOneMayBeWhateverItIs() {
    for third in [["c", nil, "false"], ["c", "1001", "false"], ["c", "3", "false"]] {
      #expect(finding([["a", "3", "true"], ["b", "3", "true"], third]).status == .met)
    }
  }

  @Test func oneIsTooFew() {
    #expect(finding([["a", "3", "true"]]).reason == "replica_missing")
    #expect(finding([]).reason == "replica_missing")
  }

  @Test func oneServerUnderTwoNamesIsOne() {
    #expect(finding([["a", "3", "true"], ["b", "3", "false"]]).reason == "replicas_not_independent")
  }

  @Test func nobodyLooked() {
    let finding = check.evaluate(History())
    #expect(finding.status == .inconclusive && finding.reason == "not_tried")
  }
}

@Suite struct StockIsCurrentTests {
  private let check = StockIsCurrent(plan: Written.plan("stock-is-current", ["within_ms": "3000", "share": "0.01"]))
  private static let second: Int64 = 1_000_000_000

  /// A product that has 100 pieces, and 5 more from 2.0 to 2.1 s; looks every 50 ms for 10 s.
  private func finding(
    shown: (Int64) -> Int64 = { $0 > 2_050_000_000 ? 105 : 100 }, touch: String = "verified", planned: Int = 199,
    length: Int64 = 10, refused: Int = 0, change: (inout History) -> Void = { _ in }
  ) -> Finding {
    var history = History()
    history.addRows("t.marker.before", at: 0, columns: ["sku", "on_hand"], [["A", "100"]])
    history.addFault(
      "touch", touch, at: 2_100_000_000,
      parameters: [
        "trial": "t", "began": "2000000000", "done": "2100000000", "amount": "5", "skus": "A",
      ])
    for index in 1..<Int(length * 20) {
      let at = Int64(index) * 50_000_000
      let status = index <= refused ? 503 : 200
      history.add(
        stream: "looks", op: "product-stock", at: at, status: status, code: "database_unavailable",
        labels: ["sku": "A"], values: ["on_hand": shown(at)])
    }
    history.addPlanned(planned, stream: "looks", phase: "t.window", at: 0)
    change(&history)
    return check.evaluate(history.phase("t.window", from: 0, to: length * Self.second))
  }

  @Test func whatIsNewShowsAtOnceOrWithinTheBound() {
    #expect(finding().status == .met)
    #expect(finding(shown: { $0 > 5_050_000_000 ? 105 : 100 }).status == .met)
    #expect(finding(shown: { $0 >= 2_000_000_000 ? 105 : 100 }).status == .met)
  }

  @Test func whatWasReplacedForLongerIsStale() {
    let finding = finding(shown: { $0 > 5_150_000_000 ? 105 : 100 })
    #expect(finding.status == .violated && finding.reason == "stale_stock" && finding.observed.contains("3050 ms"))
  }

  @Test func oneLookAtWhatWasBeforeTheWindowIsStale() {
    let finding = finding(shown: { $0 == 8_000_000_000 ? 97 : $0 > 2_050_000_000 ? 105 : 100 })
    #expect(finding.reason == "stale_stock" && finding.observed.contains("before the window"))
  }

  @Test func aValueThatNeverWasIsMadeUp() {
    #expect(finding(shown: { $0 == 8_000_000_000 ? 104 : $0 > 2_050_000_000 ? 105 : 100 }).reason == "content_made_up")
    // Nor may anything be shown before it is there.
    #expect(finding(shown: { $0 > 1_000_000_000 ? 105 : 100 }).reason == "content_made_up")
    let other = finding(change: {
      $0.add(
        stream: "looks", op: "product-stock", at: 9 * Self.second, labels: ["sku": "B"], values: ["on_hand": 100])
    })
    #expect(other.reason == "content_made_up")
    let none = finding(change: { $0.add(stream: "looks", op: "product-stock", at: 9 * Self.second) })
    #expect(none.reason == "content_made_up")
  }

  @Test func oneOfAHundredMayBeRefused() {
    #expect(finding(refused: 1).status == .met)
    let finding = finding(refused: 2)
    #expect(finding.status == .violated && finding.reason == "stock_refused" && finding.observed.contains("503"))
  }

  @Test func aClosedDoorIsViolated() {
    var history = History()
    history.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"])
    #expect(check.evaluate(history.phase("t.window", from: 0, to: 2)).reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(finding(touch: "unverified").reason == "probe_dead")
    #expect(finding(planned: 300).reason == "load_not_delivered")
    // Before 5.1 s nothing can be stale; 19 looks after it are too few.
    #expect(finding(planned: 119, length: 6).reason == "no_success_of_op")
  }
}

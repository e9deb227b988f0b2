import DrillCore
import Foundation
import Testing
import Topology

@testable import Grading

/// Two hot pages, asked for in turn ten times a second in the window of the trial `t`, from 0 to 10 s.
private enum Pages {
  static let second: Int64 = 1_000_000_000
  static let skus = ["SKU-0001", "SKU-0002"]

  /// What the pages show, by the time at which they are asked for.
  struct Shown {
    var price: (Int64) -> Int64? = { _ in 500 }
    var customers: (Int64) -> String? = { _ in "17 customers like it." }

    static func price(_ price: @escaping (Int64) -> Int64?) -> Shown { Shown(price: price) }
    static func customers(_ words: @escaping (Int64) -> String?) -> Shown { Shown(customers: words) }
  }

  static func history(
    _ shown: Shown = Shown(), planned: Int = 100, _ change: (inout History) -> Void = { _ in }
  ) -> History {
    var history = History()
    for index in 0..<100 {
      let at = Int64(index) * 100_000_000 + 1
      var labels = ["sku": skus[index % 2]]
      labels["text"] = shown.customers(at)
      history.add(
        stream: "users", op: "product-hot", at: at, labels: labels,
        values: shown.price(at).map { ["price_cents": $0] })
    }
    history.addPlanned(planned, stream: "users", phase: "t.window", at: 0)
    pages(&history)
    change(&history)
    return history.phase("t.window", from: 0, to: 10 * second)
  }

  static func pages(_ history: inout History) {
    history.addRows(
      "t.window.pages", at: 0, columns: ["sku", "price_cents", "customers", "reviews"],
      skus.map { [$0, "500", "17", "1000"] })
  }

  /// A change of both products; done within 10 ms.
  static func edit(_ history: inout History, _ field: String, _ amount: Int64, at: Int64, trial: String = "t") {
    history.addFault(
      "edit", "verified", id: "\(trial)-\(field)", at: at + 10_000_000,
      parameters: [
        "trial": trial, "field": field, "skus": skus.joined(separator: ","), "amount": "\(amount)", "began": "\(at)",
        "done": "\(at + 10_000_000)",
      ])
  }
}

@Suite struct ChangesShowInTimeTests {
  private let check = ChangesShowInTime(plan: Written.plan("changes-show-in-time", ["within_ms": "4000"]))

  /// The price rises by 50 at 2 s; pages show it from `seen` on.
  private func finding(priceSeen seen: Double) -> Finding {
    let from = Int64(seen * 1e9)
    return check.evaluate(
      Pages.history(.price({ $0 >= from ? 550 : 500 })) { Pages.edit(&$0, "price_cents", 50, at: 2 * Pages.second) })
  }

  /// The same for two more customers.
  private func finding(reviewsSeen seen: Double) -> Finding {
    let from = Int64(seen * 1e9)
    return check.evaluate(
      Pages.history(.customers({ "\($0 >= from ? 19 : 17) customers like it." })) {
        Pages.edit(&$0, "price_cents", 0, at: Pages.second)
        Pages.edit(&$0, "customers", 2, at: 2 * Pages.second)
      })
  }

  @Test(arguments: [2.0, 3.0, 6.0])
  func inTime(seen: Double) {
    #expect(finding(priceSeen: seen).status == .met)
    #expect(finding(reviewsSeen: seen).status == .met)
  }

  @Test(arguments: [6.2, 9.0, 99.0])
  func tooLate(seen: Double) {
    let price = finding(priceSeen: seen)
    #expect(price.status == .violated && price.reason == "stale_page" && price.observed.contains("price 500"))
    let customers = finding(reviewsSeen: seen)
    #expect(customers.reason == "stale_page" && customers.observed.contains("number of customers 17"))
  }

  @Test func nobodyKnowsTheFuture() {
    #expect(finding(priceSeen: 1.0).reason == "content_made_up")
    #expect(finding(reviewsSeen: 1.0).reason == "content_made_up")
  }

  @Test func whatWasNeverTrueIsMadeUp() {
    let edit: (inout History) -> Void = { Pages.edit(&$0, "price_cents", 50, at: 2 * Pages.second) }
    #expect(check.evaluate(Pages.history(.price({ _ in 525 }), edit)).reason == "content_made_up")
    #expect(check.evaluate(Pages.history(.customers({ _ in "18 customers" }), edit)).reason == "content_made_up")
  }

  @Test func whatIsNotShownIsMissing() {
    let edit: (inout History) -> Void = { Pages.edit(&$0, "price_cents", 50, at: 2 * Pages.second) }
    for customers in [nil, "", "customers", "many customers", "17 people"] as [String?] {
      #expect(check.evaluate(Pages.history(.customers({ _ in customers }), edit)).reason == "content_missing")
    }
    #expect(check.evaluate(Pages.history(.price({ _ in nil }), edit)).reason == "content_missing")
    let nameless = check.evaluate(
      Pages.history { history in
        Pages.edit(&history, "price_cents", 0, at: 2 * Pages.second)
        history.add(stream: "users", op: "product-hot", at: 5, values: ["price_cents": 500])
      })
    #expect(nameless.reason == "content_missing")
  }

  @Test func changesOfAnEarlierTrialCountFromThen() {
    // 450 until shortly before the window: still allowed in its first seconds, and no longer.
    func finding(until: Double) -> Finding {
      check.evaluate(
        Pages.history(.price({ $0 < Int64(until * 1e9) ? 450 : $0 < 6 * Pages.second ? 500 : 550 })) {
          Pages.edit(&$0, "price_cents", 50, at: -Pages.second, trial: "earlier")
          Pages.edit(&$0, "price_cents", 50, at: 2 * Pages.second)
        })
    }
    #expect(finding(until: 2.5).status == .met)
    #expect(finding(until: 3.2).reason == "stale_page")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(Pages.history()).reason == "probe_dead")
    let bare = History().phase("t.window", from: 0, to: Pages.second)
    #expect(check.evaluate(bare).reason == "probe_dead")
    let late = check.evaluate(
      Pages.history(.price({ $0 > 7 * Pages.second ? 550 : 500 })) {
        Pages.edit(&$0, "price_cents", 50, at: 7 * Pages.second)
      })
    #expect(late.status == .inconclusive && late.reason == "no_success_of_op")
    let undelivered = check.evaluate(
      Pages.history(planned: 200) { Pages.edit(&$0, "price_cents", 0, at: 2 * Pages.second) })
    #expect(undelivered.reason == "load_not_delivered")
  }
}

@Suite struct RecomputationsAreBoundedTests {
  private let check = RecomputationsAreBounded(plan: Written.plan("recomputations-are-bounded", ["per_second": "2"]))

  private static func read(_ history: inout History, _ part: String, _ rows: [[String?]]) {
    history.addRows("t.window.\(part).read", at: 1, columns: ["node", "database", "rows", "reset"], rows)
  }

  /// A thousand reviews, ten seconds, two looks a second: 20,000 rows.
  private func finding(_ before: [[String?]], _ after: [[String?]], planned: Int = 100) -> Finding {
    check.evaluate(
      Pages.history(planned: planned) {
        Self.read(&$0, "before", before)
        Self.read(&$0, "after", after)
      })
  }

  @Test func theBoundItselfIsAllowed() {
    #expect(finding([["db", "a", "1000", ""]], [["db", "a", "21000", ""]]).status == .met)
    let more = finding([["db", "a", "1000", ""]], [["db", "a", "21001", ""]])
    #expect(more.status == .violated && more.reason == "summed_up_too_often")
  }

  @Test func allServersAndDatabasesCount() {
    let before = [["db", "a", "0", ""], ["db", "b", "0", ""], ["replica", "a", "0", ""]]
    let within = [["db", "a", "9000", ""], ["db", "b", "2000", ""], ["replica", "a", "9000", ""]]
    #expect(finding(before, within).status == .met)
    let beyond = [["db", "a", "9000", ""], ["db", "b", "2001", ""], ["replica", "a", "9000", ""]]
    #expect(finding(before, beyond).reason == "summed_up_too_often")
    // One that came in between counts from nothing.
    #expect(finding([before[0]], beyond).reason == "summed_up_too_often")
  }

  @Test func countersThatBeganAnewProveNothing() {
    let before = [["db", "a", "1000", "yesterday"]]
    #expect(finding(before, [["db", "a", "2000", "now"]]).reason == "probe_dead")
    #expect(finding(before, [["db", "a", "999", "yesterday"]]).reason == "probe_dead")
    #expect(finding(before, [["db", "a", "2000", "yesterday"]]).status == .met)
    #expect(finding(before, [["other", "a", "2000", ""]]).reason == "probe_dead")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(Pages.history()).reason == "probe_dead")
    #expect(finding([["db", "a", nil, ""]], [["db", "a", "1", ""]]).reason == "probe_dead")
    #expect(finding([], []).reason == "probe_dead")
    #expect(finding([["db", "a", "0", ""]], [["db", "a", "1", ""]], planned: 200).reason == "load_not_delivered")
    // Too much is too much, whoever was late.
    #expect(
      finding([["db", "a", "0", ""]], [["db", "a", "99999", ""]], planned: 200).reason == "summed_up_too_often")
    var nobody = History()
    nobody.add(stream: "users", op: "product-hot", at: 1, status: 503)
    nobody.addPlanned(1, stream: "users", phase: "t.window", at: 0)
    Pages.pages(&nobody)
    Self.read(&nobody, "before", [["db", "a", "0", ""]])
    Self.read(&nobody, "after", [["db", "a", "1", ""]])
    #expect(check.evaluate(nobody.phase("t.window", from: 0, to: Pages.second)).reason == "no_success_of_op")
  }
}

/// A hundred pages, ten a second; some of the last ones are slow or fail.
private func pages(slow: Int = 0, failed: Int = 0, planned: Int = 100, _ change: (inout History) -> Void = { _ in })
  -> History
{
  var history = History()
  for index in 0..<100 {
    let at = Int64(index) * 100_000_000 + 1
    let took: Int64 = 100 - index <= slow ? 1_000_000_001 : 1_000_000_000
    let status = 100 - index > slow && 100 - index <= slow + failed ? 503 : 200
    history.events.append(
      Event(
        at: at + took,
        .request(
          RequestEvent(
            stream: "users", op: "product-hot", scheduled: at, sent: at, done: at + took, status: status,
            outcome: Outcome(status: status)))))
  }
  history.addPlanned(planned, stream: "users", phase: "t.window", at: 0)
  change(&history)
  return history.phase("t.window", from: 0, to: 10 * Pages.second)
}

@Suite struct PagesAreQuickTests {
  private let check = PagesAreQuick(plan: Written.plan("pages-are-quick", ["within_ms": "1000", "share": "0.05"]))

  @Test func fiveOfAHundredMayBeSlow() {
    #expect(check.evaluate(pages()).status == .met)
    #expect(check.evaluate(pages(slow: 5)).status == .met)
    #expect(check.evaluate(pages(slow: 2, failed: 3)).status == .met)
    let finding = check.evaluate(pages(slow: 3, failed: 3))
    #expect(finding.status == .violated && finding.reason == "pages_slow" && finding.observed.contains("6 of 100"))
  }

  @Test func aClosedDoorIsViolated() {
    let history = pages { $0.addProbe("front-door", at: 1, ok: false, labels: ["phase": "t.window"]) }
    #expect(check.evaluate(history).reason == "front_door_missing")
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(check.evaluate(pages(planned: 200)).reason == "load_not_delivered")
  }
}

@Suite struct ServedAfterOwnerDiedTests {
  private let check = ServedAfterOwnerDied(
    plan: Written.plan("served-after-owner-died", ["after_ms": "2000", "within_ms": "1000", "share": "0.1"]))

  /// Somebody dies at `second`; 2 s later the judging begins.
  private func finding(slow: Int = 0, death: Double? = 3, trial: String = "t", planned: Int = 100) -> Finding {
    check.evaluate(
      pages(slow: slow, planned: planned) {
        guard let death else { return }
        $0.addFault("strike", "verified", at: Int64(death * 1e9), parameters: ["trial": trial])
      })
  }

  @Test func theRestMustBeServed() {
    // 50 pages from 5 s on, of which 5 may be slow.
    #expect(finding(slow: 5).status == .met)
    let late = finding(slow: 6)
    #expect(late.status == .violated && late.reason == "not_served_after_death" && late.observed.contains("6 of 50"))
  }

  @Test func whatWasBeforeDoesNotCount() {
    let history = pages {
      for at in 0..<40 {
        $0.add(stream: "users", op: "product-hot", at: Int64(at) * 100_000_000 + 2, status: 503)
      }
      $0.addPlanned(40, stream: "users", phase: "t.window", at: 0)
      $0.addFault("strike", "verified", at: 3 * Pages.second, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).status == .met)
  }

  @Test func troubleOfOurOwnIsInconclusive() {
    #expect(check.evaluate(History()).reason == "not_tried")
    #expect(finding(death: nil).reason == "fault_not_verified")
    #expect(finding(trial: "other").reason == "fault_not_verified")
    #expect(finding(death: 3.2).reason == "not_tried")
    #expect(finding(planned: 200).reason == "load_not_delivered")
  }
}

@Suite struct PagesReaderTests {
  private func load(_ change: (String) -> String = { $0 }) throws -> Scenario {
    let path = ScenarioFileTests.path.replacing("one-bad-instance", with: "cache-stampede")
    return try ScenarioFile.parse(change(try String(contentsOfFile: path, encoding: .utf8)), file: "s.yaml")
  }

  private func pages(_ trial: TrialPlan) -> PagesPlan? {
    for case .window(let window) in trial.steps { return window.pages }
    return nil
  }

  @Test func whatStandsInTheFileIsRead() throws {
    let scenario = try load()
    let edit = try #require(pages(scenario.trials[0])?.edit)
    #expect(edit.after == .seconds(2)...(.seconds(3)) && edit.reviews == 3 && edit.strike == nil)
    let strike = try #require(pages(scenario.trials[1])?.edit?.strike)
    #expect(strike == StrikePlan(service: "inventory", within: .seconds(6), lasts: .milliseconds(1500)))
  }

  @Test(arguments: [
    ("to: 3s", "to: 13s", "after its window"), ("to: 3s", "to: 1s", "less than from"),
    ("reviews: 2", "reviews: 0", "reviews"), ("within: 6s, lasts", "lasts", "within"),
    ("strike: {", "struck: {", "struck"),
  ])
  func slipsAreNamed(old: String, new: String, word: String) throws {
    do {
      _ = try load { $0.replacing(old, with: new) }
      Issue.record("\(new) was taken")
    } catch let error as ProblemsError {
      #expect(error.problems.contains { $0.description.contains(word) }, "\(error.problems.map(\.description))")
    }
  }
}

import DrillCore
import Testing

@testable import Grading

/// Two hot pages, asked for in turn ten times a second in the window of the trial `t`, from 0 to 10 s.
enum Pages {
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

  /// What the judge reads of rating and place, before a window or after it.
  static func judged(_ history: inout History, _ when: String, tenths: Int, place: Int, trial: String = "t") {
    history.addRows(
      "\(trial).window.pages\(when)", at: when.isEmpty ? 0 : 10 * second,
      columns: ["sku", "price_cents", "customers", "tenths", "place"],
      skus.map { [$0, "500", "17", "\(tenths)", "\(place)"] })
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

  /// The server has made a change and its word of it was lost.
  @Test func aChangeThatMayHaveComeAboutBlamesNobody() {
    func finding(_ action: String, trial: String = "t") -> Finding {
      check.evaluate(
        Pages.history(.price({ $0 >= 5 * Pages.second ? 550 : 500 })) {
          $0.addFault("edit", action, at: 4 * Pages.second, parameters: ["trial": trial, "detail": "no answer"])
        })
    }
    let unsure = finding("unverified")
    #expect(unsure.status == .inconclusive && unsure.reason == "probe_dead")
    #expect(finding("inject").reason == "content_made_up")
    #expect(finding("unverified", trial: "u").reason == "content_made_up")
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

  /// Rating and place are 4.2 and 7, from 2 s on 3.9 and 90; pages show other ones from `seen` on.
  private func finding(
    first: String = "4.2 of 5 stars: number 7 of", then: String = "3.9 of 5 stars: number 90 of", seen: Double = 2,
    after: Bool = true
  ) -> Finding {
    let from = Int64(seen * 1e9)
    return check.evaluate(
      Pages.history(.customers({ "Oak. 17 customers give it \($0 >= from ? then : first) the shop." })) {
        Pages.judged(&$0, "", tenths: 42, place: 7)
        Pages.edit(&$0, "price_cents", 0, at: Pages.second)
        Pages.edit(&$0, "customers", 0, at: 2 * Pages.second)
        if after { Pages.judged(&$0, ".after", tenths: 39, place: 90) }
      })
  }

  @Test func ratingAndPlaceAreThoseOfTheDatabase() {
    #expect(finding().status == .met)
    #expect(finding(seen: 6).status == .met)
    let late = finding(seen: 6.2)
    #expect(late.reason == "stale_page" && late.observed.contains("rating 4.2"))
    #expect(finding(seen: 1).reason == "content_made_up")
    // Two ways to add up may differ in the last place.
    #expect(finding(first: "4.3 of 5 stars: number 8 of", then: "3.8 of 5 stars: number 91 of").status == .met)
    #expect(finding(first: "4.4 of 5 stars: number 7 of").observed.contains("rating 4.4, which it did not have"))
    #expect(finding(first: "4.2 of 5 stars: number 9 of").observed.contains("place 9, which it did not have"))
    #expect(finding(then: "3.9 of 5 stars: number 7 of").reason == "stale_page")
    #expect(finding(then: "4.2 of 5 stars: number 90 of").reason == "stale_page")
  }

  @Test(arguments: ["4.2 stars: number 7 of", "4.2 of 5 stars of", "4.2 of 5 stars: number one of"])
  func ratingAndPlaceAreThere(words: String) {
    #expect(finding(first: words).reason == "content_missing")
  }

  @Test func aRatingThatNobodyReadAfterwardsIsNotJudged() {
    #expect(finding(after: false).reason == "probe_dead")
    // Nothing was written: what was read before still holds.
    let quiet = check.evaluate(
      Pages.history(.customers({ _ in "17 customers give it 4.2 of 5 stars: number 7 of the shop." })) {
        Pages.judged(&$0, "", tenths: 42, place: 7)
        Pages.edit(&$0, "price_cents", 0, at: Pages.second)
      })
    #expect(quiet.status == .met)
  }

  /// What the trial before has changed is shown for a while after its end.
  @Test(arguments: [("4.2 of 5 stars: number 7 of", true), ("4.8 of 5 stars: number 2 of", false)])
  func whatWasTrueInTheTrialBeforeIsKnown(shown: String, met: Bool) {
    let from = Int64(0.5 * 1e9)
    let finding = check.evaluate(
      Pages.history(
        .customers({ "17 customers give it \($0 < from ? shown : "3.9 of 5 stars: number 90 of") the shop." })
      ) {
        Pages.judged(&$0, "", tenths: 42, place: 7, trial: "s")
        Pages.judged(&$0, ".after", tenths: 39, place: 90, trial: "s")
        Pages.edit(&$0, "customers", 0, at: -Pages.second, trial: "s")
        Pages.judged(&$0, "", tenths: 39, place: 90)
        Pages.edit(&$0, "price_cents", 0, at: Pages.second)
      })
    #expect(finding.reason == (met ? nil : "content_made_up"))
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

  /// One page, that shows `price`, and one change of it by 50 that began at 1 s and was done 10 ms later.
  private func one(_ price: Int64, sent: Int64, bound: String? = "4000", editAt: Int64 = Pages.second) -> Finding {
    var history = History()
    history.add(
      stream: "users", op: "product-hot", at: sent, labels: ["sku": "SKU-0001", "text": "17 customers"],
      values: ["price_cents": price])
    history.addPlanned(1, stream: "users", phase: "t.window", at: 0)
    Pages.pages(&history)
    Pages.edit(&history, "price_cents", 50, at: editAt)
    let check = ChangesShowInTime(plan: Written.plan("changes-show-in-time", bound.map { ["within_ms": $0] } ?? [:]))
    return check.evaluate(history.phase("t.window", from: 0, to: 10 * Pages.second))
  }

  @Test func theBoundsThemselvesAreAllowed() {
    // The change is done at 1.01 s: at 5.01 s the old price is the last one that is allowed, and tells nothing yet.
    let done = Pages.second + 10_000_000
    #expect(one(500, sent: done + 4 * Pages.second).reason == "no_success_of_op")
    #expect(one(500, sent: done + 4 * Pages.second + 1).reason == "stale_page")
    #expect(one(550, sent: done + 4 * Pages.second + 1).status == .met)
    // A page that comes in the moment in which the change begins may show it: it takes a millisecond.
    #expect(one(550, sent: Pages.second - 1_000_000).reason == "no_success_of_op")
    #expect(one(550, sent: Pages.second - 1_000_001).reason == "content_made_up")
    // Without a bound nothing may be old.
    #expect(one(500, sent: done + 500_000, bound: nil).reason == "stale_page")
    #expect(one(500, sent: done + 500_000).expected == "pages show a change within 4.0 s")
  }

  @Test func aChangeThatWasDoneWhenTheWindowBeganIsPartOfItsBeginning() {
    #expect(one(500, sent: 9 * Pages.second, editAt: -10_000_000).status == .met)
    #expect(one(450, sent: 9 * Pages.second, editAt: -10_000_000).reason == "stale_page")
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

  @Test(arguments: [0, 1]) func oneThatSaysNothingHasNotReadNothing(silent: Int) {
    var looks: [[[String?]]] = [[["db", "a", "0", ""], ["replica", "a", "0", ""]]]
    looks.append([["db", "a", "9000", ""], ["replica", "a", "9000", ""]])
    #expect(finding(looks[0], looks[1]).status == .met)
    looks[silent][1] = ["replica", nil, nil, nil]
    #expect(finding(looks[0], looks[1]).reason == "probe_dead")
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

  @Test func withoutABoundNothingIsAllowed() {
    let check = RecomputationsAreBounded(plan: Written.plan("recomputations-are-bounded"))
    let finding = check.evaluate(
      Pages.history {
        Self.read(&$0, "before", [["db", "a", "0", ""]])
        Self.read(&$0, "after", [["db", "a", "1", ""]])
      })
    #expect(finding.reason == "summed_up_too_often")
  }

  @Test(arguments: [("0", "probe_dead"), ("1", nil)] as [(String, String?)])
  func oneReviewIsTheFewest(reviews: String, reason: String?) {
    let finding = check.evaluate(
      Pages.history {
        $0.addRows("t.window.pages", at: 0, columns: ["sku", "reviews"], [["SKU-0001", reviews]])
        Self.read(&$0, "before", [["db", "a", "5", ""]])
        Self.read(&$0, "after", [["db", "a", "25", ""]])
      })
    #expect(finding.reason == reason)
  }

  @Test func nothingReadIsNothing() {
    #expect(finding([["db", "a", "7", ""]], [["db", "a", "7", ""]]).status == .met)
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

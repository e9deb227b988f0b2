import DrillCore

/// The page of a product shows what the database says, at most so late: the judge changes the price of the hot products
/// in the midst of a window and has customers review them, and every page shows a price, a number of customers, a mean
/// of their stars and a place among all products that were true at most so long before it was asked for.
///
/// Reasons:
/// - `stale_page`: a page shows what was true once, and longer ago than is allowed.
/// - `content_missing`: a page lacks one of the four.
/// - `content_made_up`: a page shows what was never true, or not yet.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or pages were
///   stale only while the machine stood still or others had it.
/// - `no_success_of_op` (inconclusive): no page was shown late enough after a change to tell.
/// - `probe_dead` (inconclusive): the judge could not read or change the database.
/// - `not_tried` (inconclusive): there was no window.
struct ChangesShowInTime: PlannedCheck {
  let plan: CheckPlan

  private var bound: Duration { .milliseconds(plan.parameters["within_ms"].flatMap { Int($0) } ?? 0) }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let late = bound / .seconds(1)
    let expected = "pages show a change within \(late) s"
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    guard let pages = history.rows("\(window).pages").last else {
      return .inconclusive(.probeDead, "the database could not be read", expected: expected)
    }
    let allowed = Int64(bound / .nanoseconds(1))
    let timelines = Figure.allCases.map { figure in
      (figure, figure.timelines(history, base: pages, at: span.lowerBound))
    }
    let edits = history.edits(of: .reviews).filter { $0.trial == plan.trial }
    guard edits.isEmpty || history.rows("\(window).pages.after").last != nil || !Figure.place.isKnown(pages) else {
      return .inconclusive(.probeDead, "the database could not be read after the change", expected: expected)
    }
    let shown = history.requests(stream: "users", in: window).filter {
      $0.op == DrillCore.Operation.productHot.rawValue && $0.outcome == .ok
    }
    // A change that was not seen to its end may have come about all the same.
    let isUnsure = history.faults.map(\.fault).contains {
      $0.kind == "edit" && $0.action == "unverified" && $0.parameters["trial"] == plan.trial
    }
    var excused: Finding?
    for page in shown {
      guard let sku = page.labels?["sku"] else {
        return .violated("content_missing", "a page shows no product", expected: expected)
      }
      for (figure, timelines) in timelines {
        guard let timeline = timelines[sku] else { continue }
        guard let value = figure.value(on: page) else {
          return .violated("content_missing", "the page of \(sku) shows no \(figure.words)", expected: expected)
        }
        let sent = page.sent ?? page.scheduled
        let done = page.done ?? sent
        switch timeline.judge(value, sent: sent, done: done, bound: allowed) {
        case .right: break
        case .stale where isUnsure, .wrong where isUnsure:
          return .inconclusive(.probeDead, "nobody knows whether the judge's change came about", expected: expected)
        case .stale(let age):
          let observed =
            "\(sku) is shown with the \(figure.words) \(figure.written(value)), which was changed "
            + "\(age / 1_000_000) ms before"
          guard history.mayBeLate(sent - allowed...done, in: window) else {
            return .violated("stale_page", observed, expected: expected)
          }
          excused = hindered(observed, expected: expected)
        case .wrong:
          return .violated(
            "content_made_up",
            "\(sku) is shown with the \(figure.words) \(figure.written(value)), which it did not have",
            expected: expected)
        }
      }
    }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    if let excused { return excused }
    guard let edit = history.edits(of: .price).last(where: { $0.trial == plan.trial }) else {
      return .inconclusive(.probeDead, "the judge changed nothing", expected: expected)
    }
    let telling = shown.count { ($0.sent ?? $0.scheduled) > edit.done + allowed }
    guard telling > 0 else {
      return .inconclusive(.noSuccessOfOp, "no page was shown \(late) s after a change", expected: expected)
    }
    return .met("\(shown.count) pages were true, \(telling) of them \(late) s after a change", expected: expected)
  }
}

/// What a page shows of a product, by the column of the judge's own look that has it.
private enum Figure: String, CaseIterable {
  case price = "price_cents"
  case customers
  /// In tenths of a star.
  case rating = "tenths"
  case place

  /// What people call it.
  var words: String {
    switch self {
    case .price: "price"
    case .customers: "number of customers"
    case .rating: "rating"
    case .place: "place"
    }
  }

  func written(_ value: Int64) -> String { self == .rating ? "\(value / 10).\(value % 10)" : "\(value)" }

  /// A page's price, or its part of `17 customers give it 4.2 of 5 stars: number 7 of the shop.`
  func value(on page: RequestEvent) -> Int64? {
    let text = page.labels?["text"] ?? ""
    switch self {
    case .price: return page.values?["price_cents"]
    case .customers:
      let words = text.split(separator: " ")
      guard let index = words.firstIndex(of: "customers"), index > words.startIndex else { return nil }
      return Int64(words[words.index(before: index)])
    case .rating:
      let stars = text.firstMatch(of: /([0-9]+(?:\.[0-9]+)?) of 5 stars/).flatMap { Double($0.1) }
      return stars.map { Int64(($0 * 10).rounded()) }
    case .place: return text.firstMatch(of: /number ([0-9]{1,9}) of the shop/).flatMap { Int64($0.1) }
    }
  }

  func isKnown(_ rows: RowsEvent) -> Bool { rows.values(of: rawValue).contains { $0 != nil } }

  /// The timeline of each product: what it had when the window began, and the judge's changes before and after.
  func timelines(_ history: History, base: RowsEvent, at start: Int64) -> [String: Timeline] {
    func values(_ rows: RowsEvent?) -> [String: Int64] {
      let pairs = zip(rows?.values(of: "sku") ?? [], rows?.values(of: rawValue) ?? [])
      return pairs.reduce(into: [:]) { values, pair in
        if let sku = pair.0, let value = pair.1.flatMap({ Int64($0) }) { values[sku] = value }
      }
    }
    var result: [String: Timeline] = [:]
    for (sku, value) in values(base) {
      let edits = history.edits(of: self == .price ? .price : .reviews).filter { $0.skus.contains(sku) }
      switch self {
      case .price, .customers:
        let first = value - edits.filter { $0.done <= start }.reduce(0) { $0 + $1.amount }
        result[sku] = Timeline(first, changes: edits) { $0 + $1.amount }
      case .rating, .place:
        // What others think moves these by nothing that could be added up: each window was looked at by itself.
        func looked(_ edit: PagesChange, _ when: String) -> Int64? {
          values(history.rows("\(edit.trial).window.pages\(when)").last)[sku]
        }
        let first = edits.first.flatMap { looked($0, "") } ?? value
        result[sku] = Timeline(first, changes: edits, tolerance: 1) { looked($1, ".after") ?? $0 }
      }
    }
    return result
  }
}

/// Which value was true when.
private struct Timeline {
  struct Version {
    var value: Int64
    /// When the change to it began.
    var from: Int64
    /// When the change to the next one was done.
    var until: Int64
  }

  enum Verdict {
    case right
    /// So many nanoseconds after it was changed.
    case stale(Int64)
    case wrong
  }

  private var versions: [Version]
  /// Two ways to add up the same may differ in the last place.
  private let tolerance: Int64

  /// The first value, and what each change made of the one before.
  init(
    _ first: Int64, changes: [PagesChange], tolerance: Int64 = 0, _ next: (Int64, PagesChange) -> Int64
  ) {
    self.tolerance = tolerance
    versions = [Version(value: first, from: .min, until: .max)]
    for change in changes {
      let last = versions.count - 1
      versions[last].until = change.done
      versions.append(Version(value: next(versions[last].value, change), from: change.began, until: .max))
    }
  }

  /// A page that was asked for at `sent` and came at `done`.
  func judge(_ value: Int64, sent: Int64, done: Int64, bound: Int64) -> Verdict {
    let known = versions.filter { abs($0.value - value) <= tolerance && $0.from <= done }
    guard let latest = known.last else { return .wrong }
    return known.contains { $0.until >= sent - bound } ? .right : .stale(sent - latest.until)
  }
}

/// One of the judge's changes.
struct PagesChange {
  var trial: String
  var skus: [String]
  var amount: Int64
  var began: Int64
  var done: Int64
}

extension History {
  /// The judge's changes that came about, in their order.
  func edits(of part: PagesEdit.Part) -> [PagesChange] {
    faults.compactMap { _, fault in
      let parameters = fault.parameters
      guard fault.kind == "edit", fault.action == "verified", parameters["field"] == part.rawValue,
        let amount = parameters["amount"].flatMap({ Int64($0) }),
        let began = parameters["began"].flatMap({ Int64($0) }), let done = parameters["done"].flatMap({ Int64($0) })
      else { return nil }
      return PagesChange(
        trial: parameters["trial"] ?? "",
        skus: (parameters["skus"] ?? "").split(separator: ",").map(String.init), amount: amount, began: began,
        done: done)
    }
  }
}

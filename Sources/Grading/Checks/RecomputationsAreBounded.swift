import DrillCore

/// What the shop's pages show of all reviews together is not summed up again and again: the lab's database servers read
/// no more rows in the window than so many looks at every review would.
///
/// Rows are counted in all tables of all databases, by the servers themselves, so it doesn't matter which statement
/// reads them, nor from which copy.
///
/// Reasons:
/// - `summed_up_too_often`: they read more.
/// - `probe_dead` (inconclusive): a server did not say what it read, or its counters began anew meanwhile.
/// - `no_success_of_op` (inconclusive): nobody got to see a page.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late.
/// - `not_tried` (inconclusive): there was no window.
struct RecomputationsAreBounded: PlannedCheck {
  let plan: CheckPlan

  private var perSecond: Double { plan.parameters["per_second"].flatMap { Double($0) } ?? 0 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: "few rows are read")
    }
    let seconds = Double(span.upperBound - span.lowerBound) / 1e9
    let most = perSecond * seconds
    let expected = "no more rows are read than \(Int(most.rounded(.down))) looks at every review would"
    guard let before = history.rows("\(window).before.read").last,
      let after = history.rows("\(window).after.read").last,
      let reviews = history.rows("\(window).pages").last?.values(of: "reviews").first?.flatMap({ Double($0) }),
      reviews > 0
    else { return .inconclusive(.probeDead, "nobody counted", expected: expected) }
    guard let read = Self.read(before, after) else {
      return .inconclusive(.probeDead, "the servers' counters began anew", expected: expected)
    }
    let looks = read / reviews
    let observed = "rows for \(Int(looks.rounded())) looks at every review were read in \(Int(seconds.rounded())) s"
    // What came about is beyond doubt, whoever was late.
    guard looks <= most else { return .violated("summed_up_too_often", observed, expected: expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: expected) { return late }
    let pages = history.requests(stream: "users", in: window).filter {
      $0.op == DrillCore.Operation.productHot.rawValue && $0.outcome == .ok
    }
    guard !pages.isEmpty else { return .inconclusive(.noSuccessOfOp, "nobody saw a page", expected: expected) }
    return .met(observed, expected: expected)
  }

  /// The rows that were read between two looks; `nil` where a counter says less than before, began anew or is missing.
  private static func read(_ before: RowsEvent, _ after: RowsEvent) -> Double? {
    func counters(_ rows: RowsEvent) -> [String: (rows: Double, reset: String)]? {
      var result: [String: (rows: Double, reset: String)] = [:]
      for row in rows.rows {
        guard row.count == 4, let node = row[0], let database = row[1], let count = row[2].flatMap({ Double($0) })
        else { return nil }
        result["\(node)/\(database)"] = (count, row[3] ?? "")
      }
      return result.isEmpty ? nil : result
    }
    guard let old = counters(before), let new = counters(after) else { return nil }
    var sum = 0.0
    for (name, counter) in new {
      // A server that came in between counts from nothing.
      let since = old[name] ?? (0, counter.reset)
      guard counter.reset == since.reset, counter.rows >= since.rows else { return nil }
      sum += counter.rows - since.rows
    }
    return Set(old.keys).isSubset(of: new.keys) ? sum : nil
  }
}

import DrillCore

/// Stock is conserved: initial = left + reserved + sold, for every product, and what is reserved and sold is what the
/// reservations say, as before the load. Nothing is oversold.
///
/// Reasons:
/// - `oversold`: less than nothing is left, or more is reserved and sold than there was.
/// - `stock_not_conserved`: the sums don't hold, a product vanished, or its initial stock was changed.
/// - `probe_dead` (inconclusive): the stock could not be read before and after.
struct StockIsConserved: PlannedCheck {
  let plan: CheckPlan

  private struct Line {
    var initial: Int64
    var left: Int64
    var reserved: Int64
    var sold: Int64
    var held: Int64
    var confirmed: Int64
  }

  func evaluate(_ history: History) -> Finding {
    let expected = "initial = left + reserved + sold for every product"
    guard let first = history.rows("stock.before").first, let last = history.latestRows("stock.after") else {
      return .inconclusive(.probeDead, "the stock could not be read", expected: expected)
    }
    let before = lines(first)
    let after = lines(last)
    guard !before.isEmpty else { return .inconclusive(.probeDead, "there is no stock", expected: expected) }
    let touched = added(history, "verified")
    // A change of the judge's own that was not seen to its end is not somebody else's.
    let perhaps = added(history, "unverified")
    for (sku, old) in before.sorted(by: { $0.key < $1.key }) {
      guard let new = after[sku] else {
        return .violated("stock_not_conserved", "\(sku) has vanished", expected: expected)
      }
      if new.left < 0 || new.reserved < 0 || new.sold < 0 || new.held + new.confirmed > new.initial {
        return .violated(
          "oversold", "\(sku): \(new.left) left, \(new.held) held and \(new.confirmed) sold of \(new.initial)",
          expected: expected)
      }
      guard new.initial == new.left + new.reserved + new.sold else {
        return .violated(
          "stock_not_conserved", "\(sku): \(new.initial) != \(new.left) + \(new.reserved) + \(new.sold)",
          expected: expected)
      }
      let surely = old.initial + touched[sku, default: 0]
      guard surely <= new.initial, new.initial <= surely + perhaps[sku, default: 0] else {
        return .violated("stock_not_conserved", "\(sku): the initial stock was changed", expected: expected)
      }
      // Whatever the tables disagreed about before the load, they may not disagree about more afterwards.
      guard new.reserved - new.held == old.reserved - old.held, new.sold - new.confirmed == old.sold - old.confirmed
      else {
        return .violated(
          "stock_not_conserved",
          "\(sku): \(new.reserved) reserved and \(new.sold) sold, "
            + "the reservations say \(new.held) and \(new.confirmed)",
          expected: expected)
      }
    }
    return .met("\(after.count) products add up", expected: expected)
  }

  private func added(_ history: History, _ action: String) -> [String: Int64] {
    var sums: [String: Int64] = [:]
    for fault in history.faults.map(\.fault) where fault.kind == "touch" && fault.action == action {
      let amount = fault.parameters["amount"].flatMap { Int64($0) } ?? 0
      for sku in (fault.parameters["skus"] ?? "").split(separator: ",") { sums[String(sku), default: 0] += amount }
    }
    return sums
  }

  private func lines(_ rows: RowsEvent) -> [String: Line] {
    var result: [String: Line] = [:]
    for row in rows.rows {
      let fields = zip(rows.columns, row).reduce(into: [String: String]()) { $0[$1.0] = $1.1 }
      func number(_ name: String) -> Int64 { fields[name].flatMap { Int64($0) } ?? 0 }
      guard let sku = fields["sku"] else { continue }
      result[sku] = Line(
        initial: number("initial"), left: number("on_hand"), reserved: number("reserved"), sold: number("sold"),
        held: number("held"), confirmed: number("confirmed"))
    }
    return result
  }
}

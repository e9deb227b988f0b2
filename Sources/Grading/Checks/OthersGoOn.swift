import DrillCore

/// While customers wait for one product that somebody holds, all others are served as usual: orders that have no
/// product in common do not wait for each other.
///
/// It compares slices of one window, seconds apart: orders a second while a product is held with those just before and
/// after. So it depends neither on the machine nor on what else it does.
///
/// Reasons:
/// - `others_wait`: while a product was held, others got less than the share.
/// - `front_door_missing`: no gateway runs.
/// - `fault_not_verified` (inconclusive): a product was not seen to be held, or no customer wanted it.
/// - `load_not_delivered` (inconclusive): others got less than the share, but not next to nothing, and the machine was
///   restless: without any hold some parts of the window had three times the orders of others; or requests went
///   out late.
/// - `no_success_of_op` (inconclusive): too few orders to compare.
/// - `not_tried` (inconclusive): nothing was held.
struct OthersGoOn: PlannedCheck {
  let plan: CheckPlan

  /// Without a hold so many orders a second are needed for a comparison.
  private static let fewest = 5.0
  /// After a hold whoever waited is served first.
  private static let settling: Int64 = 700_000_000
  /// No restless machine alone brings others so far down.
  private static let nothing = 0.05

  private var share: Double { plan.parameters["share"].flatMap { Double($0) } ?? 0.5 }

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let percent = Int((share * 100).rounded())
    let expected = "while one product is held, orders of others go on at \(percent) % or more of their usual rate"
    guard let span = history.span(of: window) else {
      return .inconclusive(.notTried, "there was no window", expected: expected)
    }
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: expected)
    }
    let own = history.faults.map(\.fault).filter { $0.kind == "hold-row" && $0.parameters["trial"] == plan.trial }
    let injected = Set(own.filter { $0.action == "inject" }.map(\.id))
    guard !injected.isEmpty else { return .inconclusive(.notTried, "nothing was held", expected: expected) }
    let verified = Set(own.filter { $0.action == "verified" }.map(\.id))
    let holds = Self.holds(history.rows("\(window).holds"))
    guard verified == injected, holds.count == injected.count else {
      return .inconclusive(
        .faultNotVerified, "\(min(verified.count, holds.count)) of \(injected.count) products were seen to be held",
        expected: expected)
    }
    let customers = history.requests(stream: "customers", in: window)
    for hold in holds {
      let wanted = customers.contains {
        $0.op == DrillCore.Operation.order.rawValue && ($0.sent ?? .max) < hold.upperBound
          && ($0.done ?? .max) > hold.lowerBound
      }
      guard wanted else {
        return .inconclusive(.faultNotVerified, "no customer wanted a held product", expected: expected)
      }
    }
    let times = history.requests(stream: "saturate", in: window).filter {
      $0.op == DrillCore.Operation.order.rawValue && $0.outcome == .ok
    }.compactMap(\.done)
    let end = min(times.max() ?? span.upperBound, span.upperBound)
    let finding = compare(holds, Self.free(span.lowerBound...max(end, span.lowerBound), holds), times, expected)
    // A generator that stood still made no orders, whoever held what.
    return finding.status == .violated ? late(history, in: window, expected: expected) ?? finding : finding
  }

  private func compare(
    _ holds: [ClosedRange<Int64>], _ free: [ClosedRange<Int64>], _ times: [Int64], _ expected: String
  ) -> Finding {
    func rate(_ range: ClosedRange<Int64>) -> Double {
      Double(times.count(where: range.contains)) / (Double(range.upperBound - range.lowerBound) / 1e9)
    }
    let usual = free.map(rate)
    guard let slowest = usual.min(), let quickest = usual.max(), slowest >= Self.fewest else {
      return .inconclusive(
        .noSuccessOfOp, "\(Int(usual.min() ?? 0)) orders a second without any hold", expected: expected)
    }
    let mean = usual.reduce(0, +) / Double(usual.count)
    let shares = holds.map { rate($0) / mean }.sorted()
    // Of three the middle one: one bad moment of the machine says nothing.
    let middle = shares[(shares.count - 1) / 2]
    let observed =
      "\(shares.map { "\(Int(($0 * 100).rounded()))" }.joined(separator: ", ")) % of \(Int(mean)) orders a second"
    guard middle < share else { return .met(observed, expected: expected) }
    guard quickest <= 3 * slowest || middle < Self.nothing else {
      return .inconclusive(
        .loadNotDelivered, "\(observed); \(Int(slowest)) to \(Int(quickest)) without any hold", expected: expected)
    }
    return .violated("others_wait", observed, expected: expected)
  }

  /// When products were held, by time.
  private static func holds(_ events: [RowsEvent]) -> [ClosedRange<Int64>] {
    events.flatMap { event in
      zip(event.values(of: "from"), event.values(of: "to")).compactMap { from, to in
        guard let from = from.flatMap({ Int64($0) }), let to = to.flatMap({ Int64($0) }), from < to else { return nil }
        return from...to
      }
    }.sorted { $0.lowerBound < $1.lowerBound }
  }

  /// The parts of the window in which nothing is held, of 0.7 s or more; its begin and the time after a hold are left
  /// out, and so is the time in which a hold comes about.
  private static func free(_ span: ClosedRange<Int64>, _ holds: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
    var result: [ClosedRange<Int64>] = []
    var from = span.lowerBound + settling
    for hold in holds {
      let to = hold.lowerBound - settling
      if to - from >= settling { result.append(from...to) }
      from = max(from, hold.upperBound + settling)
    }
    if span.upperBound - from >= settling { result.append(from...span.upperBound) }
    return result
  }
}

import DrillCore

/// The pages of the hot products come soon, but for so small a share of those that are asked for.
///
/// Reasons:
/// - `pages_slow`: more came later, or not at all.
/// - `front_door_missing`: no gateway runs.
/// - `load_not_delivered` (inconclusive): the users' requests did not go out, or went out late; or the machine was so
///   crowded that nobody can tell.
/// - `not_tried` (inconclusive): nobody asked for one.
struct PagesAreQuick: PlannedCheck {
  let plan: CheckPlan

  func evaluate(_ history: History) -> Finding {
    let window = phase("window")
    let speed = PageSpeed(plan)
    if history.frontDoorIsMissing(in: window) {
      return .violated("front_door_missing", "no gateway runs", expected: speed.expected)
    }
    let pages = history.requests(stream: "users", in: window).filter(PageSpeed.isHotPage)
    guard !pages.isEmpty else { return .inconclusive(.notTried, "nobody asked for a page", expected: speed.expected) }
    if let late = undelivered(history, stream: "users", in: window, expected: speed.expected) { return late }
    let slow = speed.slow(pages)
    let observed = "\(slow) of \(pages.count) pages took longer or did not come"
    guard speed.isAllowed(slow, of: pages.count) else {
      let slowness = history.slowness(in: window)
      if slowness > PageSpeed.crowd { return crowded(slowness, observed, expected: speed.expected) }
      return .violated("pages_slow", observed, expected: speed.expected)
    }
    return .met(observed, expected: speed.expected)
  }
}

/// How soon pages have to come: the parameters `within_ms` and `share`.
struct PageSpeed {
  private let most: Int64
  private let share: Double

  init(_ plan: CheckPlan) {
    most = plan.parameters["within_ms"].flatMap { Int64($0) } ?? 0
    share = plan.parameters["share"].flatMap { Double($0) } ?? 0
  }

  var expected: String { "\(Int(((1 - share) * 100).rounded())) % of the pages within \(most) ms" }

  static func isHotPage(_ request: RequestEvent) -> Bool { request.op == DrillCore.Operation.productHot.rawValue }

  /// How many were later than that, or never came.
  func slow(_ pages: [RequestEvent]) -> Int {
    pages.count { $0.outcome != .ok || ($0.latency ?? .max) > most * 1_000_000 }
  }

  /// Beyond this a page of 300 ms of work takes a second, whoever makes it.
  static let crowd = 3.0

  func isAllowed(_ slow: Int, of count: Int) -> Bool { Double(slow) <= share * Double(count) }
}

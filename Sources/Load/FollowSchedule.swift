public import DrillCore

/// A user who is going to write and to read what they wrote.
public struct PlannedFollow: Sendable, Equatable {
  /// When the user comes, in nanoseconds since the stream began: the session is opened then, the order follows at
  /// once.
  public var at: Int64
  /// What is ordered.
  public var items: [PlannedRequest.Item]
  /// The order's idempotency key.
  public var id: String
  /// How long after the reply to the order its read is due, in nanoseconds.
  public var delay: Int64
}

/// Every user of a `FollowPlan`, drawn from the seed in advance.
public struct FollowSchedule: Sendable, Equatable {
  /// The users, in the order in which they come.
  public var sessions: [PlannedFollow]

  /// Draws the users of `plan` from `seed` under `name`. They order what the users of `load` order.
  ///
  /// One comes in each of `count` equal parts of the window, at a moment of its own. The window here is `length`
  /// without the longest delay (half of `length` at least), so that the last read is due before it ends unless the
  /// write is slow.
  public init(_ plan: FollowPlan, load: LoadPlan, length: Duration, seed: UInt64, name: String) {
    var times = SeededRandom(seed: seed, name: "\(name).times")
    var waits = SeededRandom(seed: seed, name: "\(name).delays")
    var goods = SeededRandom(seed: seed, name: "\(name).products")
    var ids = SeededRandom(seed: seed, name: "\(name).ids")
    let shopping = Shopping(load, seed: seed)
    let count = max(plan.count, FollowPlan.fewest)
    let lowest = HistoryRecorder.nanoseconds(plan.delays.lowerBound)
    let highest = HistoryRecorder.nanoseconds(plan.delays.upperBound)
    let whole = HistoryRecorder.nanoseconds(length)
    let window = max(whole - highest, whole / 2)
    func point(_ part: Int, _ unit: Double, of span: Int64) -> Int64 {
      Int64((Double(part) + unit) / Double(count) * Double(span))
    }
    let rising = (0..<count).map { lowest + point($0, waits.unit(), of: highest - lowest) }
    sessions = waits.shuffled(rising).enumerated().map { index, delay in
      PlannedFollow(
        at: point(index, times.unit(), of: window), items: shopping.items(for: .order, &goods), id: ids.uuid(),
        delay: delay)
    }
  }
}

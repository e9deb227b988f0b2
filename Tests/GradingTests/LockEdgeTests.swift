import DrillCore
import Testing

@testable import Grading

/// The edges of checkouts-do-not-hang: forty quick orders and slow ones, which may take 3 s.
@Suite struct HangingEdgeTests {
  private static let second = Written.second

  /// One user who waits from `begin` on, for an order if nothing else is said.
  private static func wait(
    _ history: inout History, from begin: Int64, for nanoseconds: Int64, status: Int? = 201, op: String = "order"
  ) {
    history.events.append(
      Event(
        at: begin + nanoseconds,
        .request(
          RequestEvent(
            stream: "users", op: op, scheduled: begin, sent: begin, done: begin + nanoseconds, status: status,
            outcome: status.map { Outcome(status: $0) } ?? .unknown))))
  }

  private static func stall(_ history: inout History, from begin: Int64, for nanoseconds: Int64) {
    history.events.append(
      Event(
        at: begin + nanoseconds,
        .sample(
          SampleEvent(name: "processor_wait", value: 1, labels: ["phase": "t.window", "begin": "\(begin)"]))))
  }

  private func finding(share: String = "0", _ change: (inout History) -> Void) -> Finding {
    var history = History()
    for index in 0..<40 { Self.wait(&history, from: Int64(index + 1) * 1000, for: 1_000_000) }
    change(&history)
    let check = CheckoutsDoNotHang(
      plan: Written.plan("checkouts-do-not-hang", ["within_ms": "3000", "share": share]))
    return check.evaluate(Written.windowed(history))
  }

  @Test func theLongestIsNamed() {
    let finding = finding { Self.wait(&$0, from: Self.second, for: 3_999_000_000) }
    #expect(finding.observed == "1 of 41 orders took longer, the longest 3999 ms")
  }

  @Test func onlyOrdersCount() {
    let finding = finding { Self.wait(&$0, from: Self.second, for: 4 * Self.second, op: "report") }
    #expect(finding.status == .met)
  }

  /// An order that took a nanosecond too long, and stalls that took so much of its time.
  @Test(
    arguments: [
      (5 * second, 1, "checkouts_hang"), (2 * second, 0, "checkouts_hang"), (2 * second, 1, "load_not_delivered"),
    ] as [(Int64, Int64, String)])
  func aNanosecondDecides(begin: Int64, length: Int64, reason: String) {
    let finding = finding {
      Self.wait(&$0, from: Self.second, for: 3 * Self.second + 1)
      Self.stall(&$0, from: begin, for: length)
    }
    #expect(finding.reason == reason)
  }

  /// Nobody knows how long who got no reply would have waited: the bound and a nanosecond, or as long as it took.
  @Test(
    arguments: [
      (10_000_000, 0, "checkouts_hang"), (10_000_000, 1, "load_not_delivered"),
      (3_200_000_000, 199_999_999, "checkouts_hang"), (3_200_000_000, 200_000_000, "load_not_delivered"),
    ] as [(Int64, Int64, String)])
  func withoutAReplyTheBoundCounts(took: Int64, stalled: Int64, reason: String) {
    let finding = finding {
      Self.wait(&$0, from: Self.second, for: took, status: nil)
      Self.stall(&$0, from: Self.second, for: stalled)
    }
    #expect(finding.reason == reason)
  }

  /// Three orders are slow, one of a hundred may be: one, or so many as hung without a stall.
  @Test(arguments: [(1, "load_not_delivered"), (2, "checkouts_hang")])
  func thoseThatHungAreCountedByThemselves(hung: Int, reason: String) {
    let finding = finding(share: "0.01") {
      for index in 0..<3 {
        Self.wait(&$0, from: (index < hung ? 5 : 1) * Self.second + Int64(index), for: 3 * Self.second + 100)
      }
      Self.stall(&$0, from: 2 * Self.second, for: Self.second)
    }
    #expect(finding.reason == reason)
  }
}

/// What deadlocks and wrong counts are not told by.
@Suite struct LockFilterTests {
  private func deadlocks(_ change: (inout History) -> Void) -> Finding {
    var history = History()
    for at in [1, 2] as [Int64] {
      history.addProbe("deadlocks", at: at, value: 0, labels: ["phase": "t.window", "counts": "t", "logs": "t"])
    }
    history.add(stream: "users", op: "order", at: 5, status: 201)
    change(&history)
    return DeadlocksDoNotHappen(plan: Written.plan("deadlocks-do-not-happen", ["orders": "2"]))
      .evaluate(Written.windowed(history))
  }

  @Test(
    arguments: [
      ("order", 201, 6, true), ("browse", 200, 6, false), ("order", 503, 6, false), ("order", 201, 20, false),
    ] as [(String, Int, Int64, Bool)])
  func onlyOrdersOfTheWindowThatWereTakenCount(op: String, status: Int, seconds: Int64, isEnough: Bool) {
    let finding = deadlocks { $0.add(stream: "users", op: op, at: seconds * Written.second, status: status) }
    #expect(finding.reason == (isEnough ? nil : "no_success_of_op"))
  }

  @Test(arguments: [("restart", "t"), ("wrong-counts", "u")]) func onlyItsOwnDamageCounts(kind: String, trial: String) {
    var history = History()
    history.addFault(kind, "verified", at: 1, parameters: ["trial": trial])
    let finding = CountsAreSetRight(plan: Written.plan("counts-are-set-right")).evaluate(Written.windowed(history))
    #expect(finding.reason == "not_tried")
  }
}

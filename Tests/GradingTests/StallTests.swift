import DrillCore
import Foundation
import Testing

@testable import Grading

/// What a machine that stood still does to a verdict.
@Suite struct StallTests {
  private let second = Written.second

  /// A hundred users; `refused` of them were refused at 10 s, within 1 ms.
  private func users(refused: Int) -> History {
    var history = History()
    for index in 0..<100 {
      let at = index < refused ? 10 * second : Int64(index) * 100_000
      history.add(stream: "users", op: "browse", at: at, status: index < refused ? 503 : 200)
    }
    return Written.windowed(history)
  }

  private func stalled(
    _ history: History, at begin: Int64, milliseconds: Double, phase: String = "t.window",
    check: (any PlannedCheck)? = nil
  ) -> Finding {
    var history = history
    let labels = ["phase": phase, "begin": "\(begin)"]
    let sample = SampleEvent(name: "machine_stall_ms", value: milliseconds, labels: labels)
    history.events.append(Event(at: begin + Int64(milliseconds * 1e6), .sample(sample)))
    let users = UsersAreServed(plan: Written.plan("users-are-served", ["share": "0.01"]))
    return CheckResult(of: check ?? users, on: history, runbook: "").finding
  }

  /// Pages and orders are held up as users are: two are lost, and one is allowed.
  @Test(arguments: [(900.0, true), (400, false)])
  func pagesAndOrdersAreExcusedAlike(length: Double, isExcused: Bool) {
    let pages = PagesAreServed(plan: Written.plan("pages-are-served", ["share": "0.01"]))
    let found = stalled(users(refused: 2), at: 10 * second, milliseconds: length, check: pages)
    #expect(found.reason == (isExcused ? "load_not_delivered" : "pages_refused"))
    var history = History()
    for index in 0..<100 {
      history.add(
        stream: "users", op: "order", at: index < 2 ? 10 * second : Int64(index) * 100_000,
        status: index < 2 ? 504 : 201, key: "k\(index)", labels: index < 2 ? [:] : ["state": "confirmed"])
    }
    history.addRows("t.window.provider.before", at: 0, columns: ["failed_once"], [["0"]])
    history.addRows("t.window.provider.after", at: 1, columns: ["failed_once"], [["9"]])
    let orders = SingleFailuresAreHidden(plan: Written.plan("single-failures-are-hidden", ["share": "0.99"]))
    let shown = stalled(Written.windowed(history), at: 10 * second, milliseconds: length, check: orders)
    #expect(shown.reason == (isExcused ? "load_not_delivered" : "failures_shown"))
    #expect(shown.status == (isExcused ? .inconclusive : .violated))
  }

  /// A stall of `length` ms that begins `begin` ms after the requests that were refused.
  @Test(arguments: [
    (0.0, 501.0, true), (0, 500, false), (1, 501, true), (2, 501, false), (-1501, 501, true), (-1502, 501, false),
  ])
  func whoWasRefusedInAStallTellsNothing(begin: Double, length: Double, isExcused: Bool) {
    let at = 10 * second + Int64(begin * 1e6)
    let finding = stalled(users(refused: 2), at: at, milliseconds: length)
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "users_refused"))
    #expect(finding.status == (isExcused ? .inconclusive : .violated))
  }

  /// Two who were refused after `took` ms. The machine stood still for 600 ms, from `begin` ms on, which explains 1.6 s
  /// with the crowd of afterwards.
  @Test(arguments: [
    (0, 3200, true), (0, 3201, false), (0, 8000, false), (-1500, 1100, true), (-1500, 1101, false), (1000, 1000, true),
    (1001, 1001, false), (1100, 2200, true), (1100, 2199, false),
  ])
  func aShortStallDoesNotExcuseALongWait(begin: Int64, took: Int64, isExcused: Bool) {
    var history = History()
    for index in 0..<100 {
      guard index < 2 else {
        history.add(stream: "users", op: "order", at: Int64(index) * 100_000, status: 201)
        continue
      }
      let at = 10 * second
      history.events.append(
        Event(
          at: at,
          .request(
            RequestEvent(
              stream: "users", op: "order", scheduled: at, sent: at, done: at + took * 1_000_000, status: 502,
              outcome: Outcome(status: 502)))))
    }
    let finding = stalled(Written.windowed(history), at: 10 * second + begin * 1_000_000, milliseconds: 600)
    #expect(finding.reason == (isExcused ? "load_not_delivered" : "users_refused"))
  }

  @Test func aStallHarmsNobodyWhoServes() {
    #expect(stalled(users(refused: 1), at: 10 * second, milliseconds: 3000).status == .met)
  }

  @Test func aStallOfAnotherPhaseIsNoExcuse() {
    let finding = stalled(users(refused: 2), at: 10 * second, milliseconds: 900, phase: "t.rest")
    #expect(finding.reason == "users_refused")
  }

  /// Two more were refused long before.
  @Test(arguments: [(2, "users_refused"), (1, "load_not_delivered")])
  func enoughOthersAreBlamed(others: Int, reason: String) {
    var history = users(refused: 5)
    for _ in 0..<others { history.add(stream: "users", op: "browse", at: 2 * second, status: 503) }
    #expect(stalled(history, at: 10 * second, milliseconds: 900).reason == reason)
  }

  @Test func stallsThatTouchAreOne() {
    var history = History()
    for (begin, value) in [(5.0, 300.0), (5.2, 400), (7, 600), (7.1, 100)] {
      let labels = ["phase": "t.window", "begin": "\(Int64(begin * 1e9))"]
      let sample = SampleEvent(name: "machine_stall_ms", value: value, labels: labels)
      history.events.append(Event(at: 8 * second, .sample(sample)))
    }
    let found = history.stalls(in: "t.window", above: [.machine: 0])
    #expect(found == [5_000_000_000...5_600_000_000, 7_000_000_000...7_600_000_000])
    #expect(history.stalls(in: "t.window", above: [.machine: 400]) == [7_000_000_000...7_600_000_000])
    #expect(history.stalls(in: "t.window", above: [.commit: 0]).isEmpty)
  }
}

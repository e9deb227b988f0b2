import DrillCore
import Foundation
import Testing
import Topology

@testable import Grading

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

  @Test func whatIsNotSaidAllowsNothing() {
    func finding(_ parameters: [String: String]) -> Finding {
      PagesAreQuick(plan: Written.plan("pages-are-quick", parameters)).evaluate(Pages.history())
    }
    #expect(finding(["within_ms": "1", "share": "0"]).status == .met)
    #expect(finding(["share": "0.05"]).reason == "pages_slow")
    #expect(finding(["within_ms": "0"]).reason == "pages_slow")
    #expect(finding(["within_ms": "1000", "share": "0.05"]).expected == "95 % of the pages within 1000 ms")
  }

  @Test func otherRequestsDoNotCount() {
    let history = pages {
      for at in 0..<9 { $0.add(stream: "users", op: "order", at: Int64(at) + 7, status: 503) }
      $0.addPlanned(9, stream: "users", phase: "t.window", at: 0)
    }
    #expect(check.evaluate(history).status == .met)
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
      // None of these is the death.
      $0.addFault("touch", "verified", at: 1, parameters: ["trial": "t"])
      $0.addFault("strike", "inject", at: 2, parameters: ["trial": "t"])
      $0.addFault("strike", "verified", at: 3, parameters: ["trial": "other"])
      $0.addFault("strike", "verified", at: 3 * Pages.second, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).status == .met)
  }

  @Test func whatIsNoPageDoesNotCount() {
    let history = pages {
      for at in 0..<40 { $0.add(stream: "users", op: "order", at: 8 * Pages.second + Int64(at), status: 503) }
      $0.addPlanned(40, stream: "users", phase: "t.window", at: 0)
      $0.addFault("strike", "verified", at: 3 * Pages.second, parameters: ["trial": "t"])
    }
    #expect(check.evaluate(history).status == .met)
  }

  @Test func theMomentItselfCounts() {
    // Pages are due a nanosecond after each tenth of a second.
    #expect(finding(death: 3.000000001).status == .met)
    #expect(finding(death: 3.000000002).reason == "not_tried")
    let check = ServedAfterOwnerDied(
      plan: Written.plan("served-after-owner-died", ["within_ms": "1000", "share": "0.1"]))
    let history = pages { $0.addFault("strike", "verified", at: 5 * Pages.second, parameters: ["trial": "t"]) }
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

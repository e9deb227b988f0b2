import DrillCore
import Testing

@testable import Grading

/// Slow pages on a machine on which all work is slow say nothing about who makes them.
@Suite struct CrowdTests {
  private let second = Written.second

  /// A hundred pages in ten seconds of which ten are late; somebody dies at 3 s.
  private func history(slowness: [(at: Double, value: Double)], phase: String = "t.window") -> History {
    var history = History()
    for index in 0..<100 {
      let at = Int64(index) * 100_000_000 + 1
      let took = index < 90 ? second / 10 : 2 * second
      history.events.append(
        Event(
          at: at + took,
          .request(
            RequestEvent(
              stream: "users", op: "product-hot", scheduled: at, sent: at, done: at + took, status: 200,
              outcome: .ok))))
    }
    for (at, value) in slowness {
      let sample = SampleEvent(name: "machine_slowness", value: value, labels: ["phase": phase])
      history.events.append(Event(at: Int64(at * 1e9), .sample(sample)))
    }
    history.addPlanned(100, stream: "users", phase: "t.window", at: 0)
    history.addFault("strike", "verified", at: 3 * second, parameters: ["trial": "t"])
    return history.phase("t.window", from: 0, to: 12 * second)
  }

  private func quick(_ history: History) -> Finding {
    let plan = Written.plan("pages-are-quick", ["within_ms": "1000", "share": "0.05"])
    return PagesAreQuick(plan: plan).evaluate(history)
  }

  private func served(_ history: History) -> Finding {
    let plan = Written.plan("served-after-owner-died", ["after_ms": "2000", "within_ms": "1000", "share": "0.1"])
    return ServedAfterOwnerDied(plan: plan).evaluate(history)
  }

  @Test(arguments: [(3.0, 3.0, false), (2.9, 3.2, true), (1, 4, false)])
  func theMeanDecides(first: Double, second: Double, isCrowded: Bool) {
    let history = history(slowness: [(4, first), (5, second)])
    #expect(quick(history).reason == (isCrowded ? "load_not_delivered" : "pages_slow"))
    #expect(served(history).reason == (isCrowded ? "load_not_delivered" : "not_served_after_death"))
    #expect(quick(history).status == (isCrowded ? .inconclusive : .violated))
    if isCrowded { #expect(quick(history).observed.hasSuffix("while any work took 3.0 times as long as usual")) }
  }

  @Test func afterADeathWhatWasBeforeDoesNotCount() {
    #expect(served(history(slowness: [(2.999, 100), (3, 1)])).reason == "not_served_after_death")
    #expect(served(history(slowness: [(2.999, 1), (3, 3.1)])).reason == "load_not_delivered")
    #expect(quick(history(slowness: [(2.999, 100), (3, 1)])).reason == "load_not_delivered")
  }

  @Test func otherPhasesAndNobodysNotesDoNotCount() {
    #expect(quick(history(slowness: [(4, 9)], phase: "t.rest")).reason == "pages_slow")
    #expect(quick(history(slowness: [])).reason == "pages_slow")
  }

  /// One of two instances refuses one of four visits.
  @Test(arguments: [
    (5.0, 503 as Int?, nil as String?, "r"), (5.1, 503, nil, "load_not_delivered"), (9, 500, nil, "r"),
    (9, nil, "connect", "r"), (9, nil, "timeout", "load_not_delivered"), (9, 404, nil, "r"),
  ])
  func whoHadNoTimeForAVisitMayHaveHadNone(slowness: Double, status: Int?, code: String?, reason: String) {
    var history = History()
    history.addProbe("instances", at: 0, ok: true, value: 2, labels: ["trial": "t"])
    history.addRows("t.window.targets", at: 0, columns: ["node"], [["a"], ["b"]])
    for (index, node) in ["a", "b", "a"].enumerated() {
      history.add(stream: "sweep", op: "stock", target: node, at: Int64(index + 1) * 1000)
    }
    history.add(stream: "sweep", op: "stock", target: "b", at: 4000, status: status, code: code)
    history.addPlanned(4, stream: "sweep", phase: "t.window", at: 0)
    let sample = SampleEvent(name: "machine_slowness", value: slowness, labels: ["phase": "t.window"])
    history.events.append(Event(at: second, .sample(sample)))
    let plan = Written.plan("every-instance-serves", ["instances": "2", "refuses": "r"])
    let check = EveryInstanceServes(plan: plan, operations: [.stock])
    #expect(check.evaluate(history.phase("t.window", from: 0, to: 12 * second)).reason == reason)
  }
}

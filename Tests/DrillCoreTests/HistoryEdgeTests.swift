import DrillCore
import Testing

/// What a history is asked for, and what it must not mix up.
@Suite struct HistoryEdgeTests {
  @Test func aStreamIsOneOfMany() {
    var history = History()
    for (stream, at) in [("s", 5), ("other", 6), ("s", 25)] as [(String, Int64)] {
      history.add(stream: stream, op: "stock", at: at)
    }
    #expect(history.requests(stream: "s").map(\.scheduled) == [5, 25])
    #expect(history.phase("w", from: 0, to: 10).requests(stream: "s", in: "w").map(\.scheduled) == [5])
  }

  @Test func repliesAreThoseThatCame() {
    var history = History()
    for (at, status) in [(1, 200), (2, 503), (3, nil)] as [(Int64, Int?)] {
      history.add(stream: "s", op: "stock", at: at, status: status)
    }
    #expect(history.replies(ok: true).map(\.scheduled) == [1])
    #expect(history.replies(ok: false).map(\.scheduled) == [1, 2])
  }

  @Test func looksAreFoundByNameAndPhase() {
    var history = History()
    for (name, at) in [("a", 1), ("b", 2), ("a", 12)] as [(String, Int64)] { history.addProbe(name, at: at) }
    #expect(history.probes("a").map(\.at) == [1, 12])
    #expect(history.phase("w", from: 0, to: 10).probes("a", in: "w").map(\.at) == [1])
    #expect(history.probes("a", in: "never").isEmpty)
  }

  @Test func samplesAndRowsAreFoundByName() {
    var history = History()
    for name in ["a", "b"] {
      history.events.append(Event(at: 1, .sample(SampleEvent(name: name, value: 7))))
      history.addRows(name, at: 1, columns: ["c"], [[name]])
    }
    #expect(history.samples("a").map(\.name) == ["a"])
    #expect(history.rows("b").map(\.rows) == [[["b"]]])
  }

  private func mark(_ name: String, _ mark: PhaseEvent.Mark, reason: String? = nil) -> Event {
    Event(at: 0, .phase(PhaseEvent(name: name, mark: mark, reason: reason)))
  }
  private func rows(_ value: String, name: String = "stock") -> Event {
    Event(at: 0, .rows(RowsEvent(name: name, columns: ["a"], rows: [[value]])))
  }
  private func look(_ name: String, dead: Bool) -> Event {
    Event(at: 0, .probe(ProbeEvent(name: name, ok: !dead, labels: dead ? ["dead": "true"] : [:])))
  }
  private func latest(_ events: [Event]) -> String? { History(events).latestRows("stock")?.rows[0][0] }

  @Test func aTrialThatHasNotLookedKnowsNothing() {
    #expect(latest([rows("1"), mark("t", .begin)]) == nil)
    #expect(latest([mark("t", .begin), rows("1"), mark("t", .end), mark("u", .begin)]) == nil)
    // An end without a beginning is none.
    #expect(latest([mark("x", .end), rows("1"), mark("t", .begin)]) == nil)
  }

  @Test func aPartOfATrialForgetsNothing() {
    let inner = [mark("t.a", .begin), mark("t.a", .end), rows("1"), mark("t.b", .begin)]
    #expect(latest([mark("t", .begin)] + inner) == "1")
    #expect(latest([mark("t", .begin)] + inner + [mark("t.b", .end), mark("t", .end)]) == "1")
  }

  @Test func onlyADeadLookOfThatNameForgets() {
    #expect(latest([rows("1"), rows("2", name: "orders")]) == "1")
    #expect(latest([rows("1"), look("stock", dead: false)]) == "1")
    #expect(latest([rows("1"), look("orders", dead: true)]) == "1")
    #expect(latest([rows("1"), look("stock", dead: true)]) == nil)
  }

  @Test func aPhaseEndsByItsOwnName() {
    let events = [mark("t", .begin), mark("t.w", .begin, reason: "no"), mark("t.w", .end, reason: "beyond doubt")]
    let history = History(events)
    #expect(history.finished("t.w") && !history.finished("t"))
    #expect(history.endedEarly("t.w") == "beyond doubt")
    #expect(history.endedEarly("t") == nil)
  }

  @Test func aPhaseLastsFromItsBeginningToItsEndOrToTheLastEvent() {
    var history = History()
    history.addProbe("p", at: 90)
    let phased = history.phase("other", from: 3, to: 4).phase("w", from: 5, to: 10)
    #expect(phased.span(of: "w") == 5...10)
    #expect(history.phase("w", from: 5, to: nil).span(of: "w") == 5...90)
    #expect(history.span(of: "w") == nil)
  }
}

/// What became of a load, part by part.
@Suite struct LoadEdgeTests {
  @Test func eachFateIsCountedByItself() {
    var history = History()
    for status in [200, 200, 503, 404, nil] { history.add(stream: "s", op: "o", at: 1, status: status) }
    history.addDropped(stream: "s", op: "o", at: 1)
    history.addDropped(stream: "s", op: "o", at: 1)
    history.add(stream: "other", op: "o", at: 1)
    #expect(history.load(stream: "s") == .init(scheduled: 7, sent: 5, answered: 4, ok: 2, dropped: 2))
    #expect(history.load() == .init(scheduled: 8, sent: 6, answered: 5, ok: 3, dropped: 2))
  }

  @Test func onlyWhatWasPlannedForItIsScheduled() {
    var history = History()
    history.addPlanned(10, stream: "s", phase: "w", at: 0)
    history.addPlanned(20, stream: "s", phase: "v", at: 0)
    history.addPlanned(40, stream: "other", phase: "w", at: 0)
    let labels = ["stream": "s", "phase": "w"]
    history.events.append(Event(at: 0, .sample(SampleEvent(name: "else", value: 80, labels: labels))))
    #expect(history.load(stream: "s", in: "w").scheduled == 10)
    #expect(history.load(stream: "s").scheduled == 30)
    #expect(history.load(in: "w").scheduled == 50)
    #expect(history.load().scheduled == 70)
  }

  @Test func aPhaseHasItsOwnRequestsAndOneThatNeverBeganHasNone() {
    var history = History()
    for at in [1, 5] as [Int64] { history.add(stream: "s", op: "o", at: at) }
    #expect(history.phase("w", from: 0, to: 3).load(in: "w").sent == 1)
    #expect(history.load(in: "never") == .init())
  }

  @Test func nothingIsZeroAndOneOfOneIsAll() {
    let nothing = History.LoadSummary()
    #expect([nothing.scheduled, nothing.sent, nothing.answered, nothing.ok, nothing.dropped] == [0, 0, 0, 0, 0])
    #expect(nothing.delivered == 0)
    #expect(History.LoadSummary(scheduled: 1, sent: 1).delivered == 1)
  }

  @Test(arguments: [(0, 1), (0.25, 1), (0.26, 2), (1, 4), (2, 4)] as [(Double, Int64)])
  func theRankStaysWithinWhatThereIs(share: Double, lateness: Int64) {
    var history = History()
    for late in [1, 2, 3, 4] as [Int64] {
      history.events.append(
        Event(at: 9, .request(RequestEvent(stream: "s", op: "o", scheduled: 0, sent: late, outcome: .ok))))
    }
    #expect(history.lateness(share: share, stream: "s") == lateness)
  }
}

/// How findings weigh, and what a status is.
@Suite struct JudgementEdgeTests {
  @Test func violatedIsWorseThanInconclusiveAndThatThanMet() {
    #expect(Finding.Status.met < .inconclusive && Finding.Status.inconclusive < .violated)
    for status in [Finding.Status.met, .inconclusive, .violated] { #expect(!(status < status)) }
  }

  @Test(arguments: [
    (199, Outcome.rejected), (200, .ok), (299, .ok), (300, .rejected), (499, .rejected), (500, .unknown),
    (599, .unknown),
  ])
  func aStatusSaysWhatBecameOfARequest(status: Int, outcome: Outcome) {
    #expect(Outcome(status: status) == outcome)
  }
}

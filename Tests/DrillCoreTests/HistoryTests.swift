import DrillCore
import Foundation
import Testing

@Suite struct HistoryTests {
  @Test func onlyTheLastLookSaysHowItIsNow() {
    var history = History()
    #expect(history.latestRows("stock") == nil)
    history.addRows("stock", at: 2, columns: ["a"], [["1"]])
    history = history.phase("first.window", from: 1, to: 3).phase("first", from: 0, to: 4)
    #expect(history.latestRows("stock")?.rows == [["1"]])
    var deaf = history
    deaf.addProbe("stock", at: 5, ok: false, labels: ["dead": "true"])
    #expect(deaf.latestRows("stock") == nil)
    history.events.append(Event(at: 6, .phase(PhaseEvent(name: "second", mark: .begin))))
    #expect(history.latestRows("stock") == nil)
    history.addRows("stock", at: 7, columns: ["a"], [["2"]])
    #expect(history.latestRows("stock")?.rows == [["2"]])
  }

  private let everyKind: [Event.Kind] = [
    .phase(PhaseEvent(name: "mitigated.window", mark: .end, reason: "beyond doubt")),
    .request(
      RequestEvent(
        stream: "sweep", op: "stock", target: "inventory-7", scheduled: 5, sent: 6, done: 9, status: 500,
        outcome: .unknown, instance: "inventory-7", code: "database_unavailable", detail: "a \"quote\" / é\n",
        key: "k", labels: ["sku": "SKU-0001"], values: ["on_hand": -3])),
    .request(RequestEvent(stream: "users", op: "browse", scheduled: 1, outcome: .dropped)),
    .probe(ProbeEvent(name: "operator.login", ok: false, value: 0.5, text: "FATAL", labels: ["role": "inventory"])),
    .fault(FaultEvent(id: "f", kind: "restart", action: "inject", parameters: ["order": "a,b"])),
    .node(NodeEvent(name: "inventory-1", service: "inventory", state: "healthy", pid: 7, address: "127.0.0.1")),
    .sample(SampleEvent(name: "load.planned", value: 30, labels: ["stream": "users"])),
    .alert(AlertEvent(name: "Full", state: "firing", severity: "ticket")),
    .rows(RowsEvent(name: "stock", columns: ["sku", "sold"], rows: [["a", "1"], ["b", nil]])),
    .note(NoteEvent(text: "hello")),
  ]

  @Test func aHistorySurvivesItsFile() throws {
    let history = History(everyKind.enumerated().map { Event(at: Int64($0.offset), $0.element) })
    let data = try HistoryFile.encode(history)
    #expect(try HistoryFile.decode(data) == history)
    #expect(try HistoryFile.encode(try HistoryFile.decode(data)) == data)
    #expect(String(decoding: data, as: UTF8.self).split(separator: "\n").count == everyKind.count)
  }

  @Test func keysStandInAlphabeticalOrder() throws {
    let line = try HistoryFile.line(for: Event(at: 7, .sample(SampleEvent(name: "n", value: 1))))
    #expect(String(decoding: line, as: UTF8.self) == #"{"at":7,"labels":{},"name":"n","type":"sample","value":1}"#)
  }

  @Test(arguments: [
    "", "stock", "a \"quoted\" word\\", "https://a/b", "Grün, 数, 🙂, e\u{301}", "\u{0}\u{1f}\u{7f}\u{85}\u{2028}",
    "\u{8}\t\n\u{c}\r\r\n", "{\"at\":1}", "\u{FFFD}",
  ])
  func aRequestsLineIsTheEncoders(_ text: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let full = RequestEvent(
      stream: text, op: text, target: text, scheduled: .min, sent: 0, done: .max, status: 503, outcome: .unknown,
      instance: text, code: text, detail: text, key: text, labels: [text: text, "a": "", "b_": text],
      values: [text: -1, "on_hand": .max])
    let empty = RequestEvent(stream: text, op: "x", scheduled: 1, outcome: .dropped, labels: [:], values: [:])
    for event in [full, empty].map({ Event(at: 7, .request($0)) }) {
      #expect(try HistoryFile.line(for: event) == encoder.encode(event))
    }
  }

  @Test(arguments: [
    ("", 1), ("{\"at\":1,\"type\":\"note\",\"text\":\"a\"}\n{\"at\":2,\"ty", 2), ("{}\n", 1),
    ("{\"at\":1,\"type\":\"nonsense\"}\n", 1), ("{\"at\":\"x\",\"type\":\"note\",\"text\":\"\"}\n", 1), ("\n", 1),
  ])
  func brokenFilesNameTheLine(text: String, line: Int) {
    let error = #expect(throws: HistoryFile.Broken.self) { try HistoryFile.decode(Data(text.utf8)) }
    #expect(error?.line == line)
  }

  @Test func phasesSelectBySchedule() {
    var history = History()
    history.add(stream: "s", op: "stock", at: 5)
    history.add(stream: "s", op: "stock", at: 25)
    let phased = history.phase("w", from: 0, to: 10)
    #expect(phased.requests(stream: "s", in: "w").map(\.scheduled) == [5])
    #expect(phased.requests(stream: "s", in: "other").isEmpty)
    #expect(phased.finished("w"))
    #expect(!history.phase("w", from: 0, to: nil).finished("w"))
  }

  @Test func whatWasPlannedCountsAsScheduled() {
    var history = History()
    history.addPlanned(10, stream: "users", phase: "w", at: 0)
    for index in 0..<4 { history.add(stream: "users", op: "browse", at: Int64(index)) }
    history.addDropped(stream: "users", op: "browse", at: 4)
    let load = history.load(stream: "users")
    #expect(load == .init(scheduled: 10, sent: 4, answered: 4, ok: 4, dropped: 1))
    #expect(history.delivered == 0.4)
    #expect(History().delivered == 0)
  }

  @Test func latenessIsANearestRank() {
    var history = History()
    for late in [1, 2, 3, 4] as [Int64] {
      history.events.append(
        Event(at: 9, .request(RequestEvent(stream: "s", op: "o", scheduled: 0, sent: late, outcome: .ok))))
    }
    #expect(history.lateness(share: 0.5, stream: "s") == 2)
    #expect(history.lateness(share: 0.99, stream: "s") == 4)
    #expect(history.lateness(share: 0.99, stream: "none") == nil)
  }

  @Test(arguments: [
    (200, Outcome.ok), (201, .ok), (302, .rejected), (404, .rejected), (429, .rejected), (500, .unknown),
  ])
  func unsureIsNotFailed(status: Int, outcome: Outcome) {
    #expect(Outcome(status: status) == outcome)
  }
}

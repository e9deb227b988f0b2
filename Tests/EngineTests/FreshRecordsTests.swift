import Testing

@testable import Engine

@Suite struct FreshRecordsTests {
  private func record(_ node: String, _ revision: Int, gone: Bool = false) -> NodeRecord {
    let spec = SpawnSpec(
      node: node, service: node, judge: false, address: "127.0.0.1", argv: [], environment: [], directory: "/",
      mounts: [], limits: [], user: nil, log: "", stopGrace: 0, stopSignal: 9, restart: .never, fingerprint: "")
    return NodeRecord(spec: spec, pid: nil, stopped: false, frozen: false, restarts: 0, gone: gone, revision: revision)
  }

  @Test func newsThatAnAnswerHasOvertakenAreIgnored() {
    var fresh = FreshRecords()
    #expect(fresh.take(record("a", 3)) && fresh.take(record("a", 7)))
    #expect(!fresh.take(record("a", 5)) && !fresh.take(record("a", 7)) && !fresh.take(record("a", 6, gone: true)))
    #expect(fresh.take(record("b", 4)) && fresh.take(record("a", 8, gone: true)))
    #expect(!fresh.take(record("a", 8)) && fresh.take(record("a", 9)))
  }

  @Test func everyRecordOfANodeHasTheRevisionThatItIsGiven() {
    #expect(GuardianNode(spec: record("a", 0).spec).record(revision: 12).revision == 12)
  }
}

import Foundation
import Testing

@testable import Engine

@Suite struct FaultKindTests {
  private func problem(_ kind: String, _ parameters: [String: String], lease: Double = 60) -> String? {
    do {
      _ = try FaultKind(FaultRequest(kind: kind, parameters: parameters, lease: lease))
      return nil
    } catch { return "\(error)" }
  }

  @Test func aProviderThatIsToChangeNothingIsRefused() {
    #expect(problem("provider", [:])?.contains("latency_factor") == true)
    #expect(problem("provider", ["latency_factor": "20"]) == nil)
  }

  @Test func theJournalKnowsWhatWasEverApplied() throws {
    let path = NSTemporaryDirectory() + "journal-\(UUID().uuidString)"
    defer { unlink(path) }
    #expect(!FaultJournal.hasFault("a", at: path))
    let journal = try FaultJournal(path: path)
    try journal.recordInjection(
      FaultRecord(id: "a", kind: "k", parameters: [:], lease: 1, expiresAt: 1, apply: [], undo: []))
    try journal.recordClearing(of: "a")
    try journal.recordClearing(of: "b")
    #expect(FaultJournal.hasFault("a", at: path) && !FaultJournal.hasFault("b", at: path))
  }

  @Test func everyKindIsUnderstood() throws {
    #expect(
      try FaultKind(FaultRequest(kind: "pause-node", parameters: ["node": "web"], lease: 1)) == .pauseNodes(["web"]))
    #expect(
      try FaultKind(FaultRequest(kind: "scale", parameters: ["service": "web", "to": "0"], lease: 3600))
        == .scale(service: "web", to: 0))
    #expect(
      try FaultKind(FaultRequest(kind: "kill-node", parameters: ["node": "a, b"], lease: 1)) == .killNodes(["a", "b"]))
    #expect(
      try FaultKind(FaultRequest(kind: "pause-process", parameters: ["node": "db", "process": "walwriter"], lease: 1))
        == .pauseProcess(node: "db", title: "walwriter"))
    let held = [
      "host": "db", "port": "5432", "user": "u", "database": "d", "password_secret": "p", "count": "2000",
    ]
    #expect(problem("hold-connections", held) == nil)
    let row = ["host": "db", "database": "d", "sku": "SKU-0001"]
    #expect(problem("hold-row", row) == nil)
    #expect(problem("hold-row", ["host": "db", "database": "d"])?.contains("sku is missing") == true)
    #expect(problem("deadlocks", ["host": "db", "database": "d"]) == nil)
    #expect(problem("deadlocks", row)?.contains("sku: deadlocks has no such parameter") == true)
    let keys = ["host": "r", "pattern": "p:*", "ttl_ms": "1"]
    #expect(problem("redis-expire", keys) == nil)
    #expect(problem("slow-queries", ["host": "db", "database": "d", "count": "64"]) == nil)
    for job in ["dump", "import"] {
      #expect(problem("background-job", ["host": "db", "database": "d", "job": job]) == nil)
    }
    for kind in ["stop-node", "kill-node"] { #expect(problem(kind, ["node": "web"]) == nil) }
  }

  @Test(arguments: [0, -1, 0.5, 3600.1, .infinity, .nan])
  func leasesOutOfRangeAreRefused(_ lease: Double) {
    #expect(problem("stop-node", ["node": "web"], lease: lease)?.contains("lease") == true)
  }

  @Test func everyProblemIsNamedAtOnce() {
    let text = problem("scale", ["service": "web", "to": "-3", "too": "5"], lease: 0) ?? ""
    #expect(text.contains("lease: 0.0 is not between 1 and 3600 seconds"))
    #expect(text.contains("too: scale has no such parameter; it takes service, to"))
    #expect(text.contains("to: -3 is not a number from 0 to 250"))
    #expect(problem("scale", [:])?.contains("service is missing") == true)
    let job = problem("background-job", ["host": "db", "database": "d", "job": "mine"])
    #expect(job?.contains("job: mine is none of dump, import") == true)
    #expect(problem("background-job", ["host": "db", "database": "d"])?.contains("job is missing") == true)
    let keys = problem("redis-expire", ["host": "r", "pattern": "p:*", "ttl_ms": "0"])
    #expect(keys?.contains("ttl_ms: 0 is not a number from 1 to 600000") == true)
    #expect(problem("slow-queries", ["host": "d", "database": "d", "count": "65"])?.contains("from 1 to 64") == true)
    #expect(problem("hold-connections", ["port": "99999"])?.contains("port: 99999 is not a number") == true)
  }

  @Test func listsOfNodesAreWhole() {
    #expect(problem("kill-node", ["node": "a,,b"])?.contains("a name is missing in a,,b") == true)
    #expect(problem("pause-node", ["node": "a,b,a"])?.contains("a name stands twice") == true)
  }

  @Test func anUnknownKindNamesTheKnownOnes() {
    let known =
      "background-job, deadlocks, hold-connections, hold-row, kill-node, pause-node, pause-process, provider, "
      + "redis-expire, redis-flush, replay-lag, replay-pause, scale, slow-queries, stop-node, toxic"
    #expect(problem("explode", [:])?.contains(known) == true)
  }
}

import DrillCore
import Foundation
import Load
import Synchronization
import Testing

@Suite(.serialized) struct FollowStreamTests {
  private static let load = LoadPlan(
    rate: 1, arrival: .constant, users: 1, products: 10, zipf: 1, patience: .seconds(30), inFlight: 512,
    echo: ["X-Lsn"], mix: [:], cart: CartPlan(lines: 2...2, quantity: 1))

  private static func stream(
    _ server: TestServer, delays: ClosedRange<Duration>, length: Duration, patience: Duration = .seconds(30),
    inFlight: Int = 1024
  ) -> FollowStream {
    let plan = FollowPlan(count: 20, delays: delays, patience: patience)
    return FollowStream(
      phase: "w", schedule: FollowSchedule(plan, load: load, length: length, seed: 3, name: "w.follow"),
      base: server.url, patience: patience, inFlight: inFlight, echo: load.echo)
  }

  /// A shop that knows an order only by the token that its reply gave, as cookie and as header, and refuses some.
  private static func shop(refusing: @escaping @Sendable (Int) -> Bool = { _ in false }) async throws -> TestServer {
    let count = Atomic<Int>(0)
    return try await TestServer.start { seen in
      let number = count.add(1, ordering: .relaxed).newValue
      switch (seen.method, seen.uri) {
      case ("POST", "/sessions"):
        return .init(
          status: 201, headers: [("Set-Cookie", "session=\(number); Path=/"), ("X-Lsn", "none")], body: #"{"id":"s"}"#)
      case ("POST", "/orders"):
        guard !refusing(number) else { return .init(status: 503, body: "{}") }
        let key = seen.key ?? ""
        return .init(
          status: 201, headers: [("Set-Cookie", "lsn=\(key)"), ("X-Lsn", key)],
          body: #"{"id":"\#(key)","status":"confirmed","total_cents":7}"#)
      default:
        let id = seen.uri.split(separator: "/").last.map(String.init) ?? ""
        let known = seen.headers["x-lsn"] == id && seen.cookie?.hasPrefix("lsn=\(id); session=") == true
        return known
          ? .init(status: 200, body: #"{"id":"\#(id)","status":"confirmed","total_cents":7}"#)
          : .init(status: 404, body: #"{"error":{"code":"not_found","message":"no"}}"#)
      }
    }
  }

  @Test func theReadCarriesWhatTheWriteGave() async throws {
    let server = try await Self.shop()
    let recorder = HistoryRecorder()
    let stream = Self.stream(server, delays: .milliseconds(100)...(.milliseconds(500)), length: .seconds(1))
    let report = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    try await server.stop()
    let history = recorder.history
    #expect(report.scheduled == 60 && report.ok == 60 && report.dropped == 0, "\(history.requests)")
    #expect(history.load(stream: "follow").delivered == 1)
    let writes = history.requests.filter { $0.op == "order" }
    let reads = history.requests.filter { $0.op == "order-read" }
    #expect(writes.count == 20 && reads.count == 20)
    for read in reads {
      let write = try #require(writes.first { $0.labels?["order"] == read.key })
      let session = try #require(stream.schedule.sessions.first { $0.id == write.key })
      // Due so long after the reply to the write, and never sooner.
      #expect(read.scheduled == (write.done ?? 0) + session.delay)
      #expect((read.sent ?? 0) >= read.scheduled)
      #expect(read.values == ["delay_ms": session.delay / 1_000_000, "total_cents": 7])
      #expect(
        read.labels == [
          "order": session.id, "state": "confirmed", "sku": session.items.map(\.sku).joined(separator: ","),
        ])
    }
    #expect(Set(server.seen.compactMap(\.cookie)).count == 40)
  }

  @Test func whatNobodyAcknowledgedIsNotRead() async throws {
    let server = try await Self.shop { $0.isMultiple(of: 2) }
    let recorder = HistoryRecorder()
    let stream = Self.stream(server, delays: .milliseconds(10)...(.milliseconds(50)), length: .seconds(1))
    let report = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    try await server.stop()
    let history = recorder.history
    let writes = history.requests.filter { $0.op == "order" }
    let reads = history.requests.filter { $0.op == "order-read" }
    #expect(writes.count == 20 && writes.contains { $0.status == 503 && $0.outcome == .unknown })
    #expect(Set(reads.compactMap(\.key)) == Set(writes.filter { $0.outcome == .ok }.compactMap(\.key)))
    #expect(report.scheduled == 40 + reads.count && history.load(stream: "follow").delivered == 1)
  }

  @Test func aLostOrderIsSeenWithItsDelay() async throws {
    let server = try await TestServer.start { seen in
      seen.method == "GET"
        ? .init(status: 404, body: #"{"error":{"code":"not_found","message":"no"}}"#)
        : .init(status: 201, headers: [("Set-Cookie", "session=1")], body: #"{"id":"o1","status":"confirmed"}"#)
    }
    let recorder = HistoryRecorder()
    let stream = Self.stream(server, delays: .milliseconds(10)...(.milliseconds(50)), length: .milliseconds(200))
    _ = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    try await server.stop()
    let reads = recorder.history.requests.filter { $0.op == "order-read" }
    #expect(reads.count == 20)
    #expect(reads.allSatisfy { $0.outcome == .rejected && $0.status == 404 && $0.code == "not_found" })
    #expect(reads.allSatisfy { $0.labels?["order"] == "o1" && (10...50).contains($0.values?["delay_ms"] ?? 0) })
  }

  @Test func whatFindsNoRoomIsDroppedAndCounted() async throws {
    let server = try await TestServer.start { _ in nil }
    let recorder = HistoryRecorder()
    let stream = Self.stream(
      server, delays: .milliseconds(10)...(.milliseconds(50)), length: .milliseconds(200), patience: .seconds(4),
      inFlight: 5)
    let report = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    try await server.stop()
    let history = recorder.history
    #expect(report.sent == 5 && report.dropped == 15 && report.scheduled == 20)
    #expect(history.requests.count { $0.outcome == .dropped && $0.op == "session" && $0.sent == nil } == 15)
    #expect(history.load(stream: "follow").delivered == 0.25)
  }

  @Test func stoppingGivesUpWhatIsNotDue() async throws {
    let server = try await Self.shop()
    let recorder = HistoryRecorder()
    let stream = Self.stream(server, delays: .seconds(60)...(.seconds(90)), length: .seconds(120))
    let stop = StopFlag()
    let begin = ContinuousClock.now
    try await LoadClient.with { client in
      async let report = stream.run(with: client, recorder: recorder, stop: stop)
      while !recorder.history.requests.contains(where: { $0.op == "order" }) {
        try #require(ContinuousClock.now - begin < .seconds(20))
        try await Task.sleep(for: .milliseconds(5))
      }
      stop.set()
      #expect(await report.sent < 10)
    }
    try await server.stop()
    #expect(ContinuousClock.now - begin < .seconds(30))
    #expect(recorder.history.delivered == 1)
    #expect(!recorder.history.requests.contains { $0.op == "order-read" })
  }
}

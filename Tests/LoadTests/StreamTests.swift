import DrillCore
import Foundation
import Load
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestFiles
import Testing

@Suite(.serialized) struct StreamTests {
  private static let plan = LoadPlan(
    rate: 200, arrival: .constant, users: 3, products: 10, zipf: 1, patience: .seconds(30), inFlight: 512, echo: [],
    mix: [.product: 3, .order: 3, .orderRead: 2, .cancel: 1])

  private func run(
    _ plan: LoadPlan, length: Duration, answering: @escaping TestServer.Answer
  ) async throws -> (StreamReport, History, [TestServer.Seen]) {
    let server = try await TestServer.start(answering)
    let recorder = HistoryRecorder()
    let stream = Stream(
      name: "users", phase: "w", schedule: .users(plan, length: length, seed: 5, name: "w"), base: server.url,
      patience: plan.patience, inFlight: plan.inFlight, users: plan.users, echo: plan.echo)
    let report = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    try await server.stop()
    return (report, recorder.history, server.seen)
  }

  @Test func usersEchoCookiesAndFollowTheirOrders() async throws {
    let (report, history, seen) = try await run(Self.plan, length: .seconds(1)) { seen in
      switch (seen.method, seen.uri) {
      case ("POST", "/sessions"):
        .init(status: 201, headers: [("Set-Cookie", "session=abc; Path=/; HttpOnly")], body: #"{"id":"abc"}"#)
      case ("POST", "/orders"): .init(status: 201, body: #"{"id":"o1","status":"confirmed","total_cents":5}"#)
      default: .init(status: 200, body: #"{"id":"o1","status":"cancelled","sku":"SKU-0001","price_cents":7}"#)
      }
    }
    #expect(report.scheduled == 208 && report.sent == 208 && report.ok == 208 && report.dropped == 0)
    #expect(history.load(stream: "users", in: nil).delivered == 1)
    let orders = seen.filter { $0.method == "POST" && $0.uri == "/orders" }
    #expect(!orders.isEmpty)
    #expect(orders.allSatisfy { $0.cookie == "session=abc" && $0.key != nil })
    #expect(seen.contains { $0.uri == "/orders/o1" } && seen.contains { $0.uri == "/orders/o1/cancel" })
    #expect(
      history.requests.contains { $0.op == "order" && $0.labels?["order"] == "o1" && $0.values?["total_cents"] == 5 })
    #expect(history.requests.allSatisfy { $0.instance == "i-1" })
  }

  @Test func anOrderBelongsToTheSessionThatPlacedIt() async throws {
    var plan = Self.plan
    plan.mix = [.order: 2, .orderRead: 3, .orderAgain: 2, .cancel: 1, .session: 2]
    let sessions = Atomic<Int>(0)
    let placed = Mutex<[String: String]>([:])
    let (report, history, seen) = try await run(plan, length: .seconds(1)) { seen in
      switch (seen.method, seen.uri) {
      case ("POST", "/sessions"):
        let id = sessions.add(1, ordering: .relaxed).newValue
        return .init(status: 201, headers: [("Set-Cookie", "session=\(id)")], body: #"{"id":"x"}"#)
      case ("POST", "/orders"):
        let key = seen.key ?? ""
        // The same key belongs to the session that it came with first.
        let mine = placed.withLock { placed in
          placed[key] = placed[key] ?? seen.cookie
          return placed[key] == seen.cookie
        }
        return .init(status: mine ? 201 : 409, body: #"{"id":"\#(key)","status":"confirmed"}"#)
      case (_, let uri) where uri.hasPrefix("/orders/"):
        let id = String(uri.split(separator: "/")[1])
        return .init(status: placed.withLock { $0[id] } == seen.cookie ? 200 : 404, body: "{}")
      default: return .init(status: 200, body: "{}")
      }
    }
    #expect(report.ok == report.scheduled, "\(history.requests.filter { $0.outcome != .ok })")
    let cancels = seen.filter { $0.uri.hasSuffix("/cancel") }.map(\.uri)
    #expect(!cancels.isEmpty && Set(cancels).count == cancels.count)
  }

  @Test func aStalledServerMovesNothing() async throws {
    var plan = Self.plan
    plan.mix = [.product: 1]
    plan.patience = .milliseconds(300)
    plan.inFlight = 20
    let (report, history, _) = try await run(plan, length: .seconds(1)) { _ in nil }
    #expect(report.scheduled == 202)
    #expect(report.dropped > 0 && report.sent + report.dropped == 202)
    #expect(report.answered == 0)
    let sent = history.requests.filter { $0.sent != nil }
    #expect(sent.allSatisfy { $0.outcome == .unknown && $0.code == "timeout" })
    // Every request has its line, each was due when the plan says, and those that found no place were dropped.
    let due = history.requests.map(\.scheduled).sorted()
    let first = try #require(due.first)
    let planned = Schedule.users(plan, length: .seconds(1), seed: 5, name: "w").requests.map(\.at)
    #expect(due.map { $0 - first } == planned.map { $0 - planned[0] })
    #expect(sent.count == report.sent && history.requests.count { $0.outcome == .dropped } == report.dropped)
    // Twenty in flight at a time, for 300 ms each: about 80 fit into this second, and into one that a busy machine
    // makes half a second longer at most 120. More than 20 are sent: places come free.
    #expect((21...120).contains(sent.count))
    #expect((history.lateness(share: 0.9, stream: "users") ?? .max) < 1_000_000_000)
  }

  @Test func aBodyThatNeverComesIsATimeout() async throws {
    var plan = Self.plan
    plan.mix = [.product: 1]
    plan.patience = .milliseconds(300)
    let begin = ContinuousClock.now
    let (report, history, _) = try await run(plan, length: .milliseconds(200)) { _ in
      .init(status: 200, body: "{}", stalls: true)
    }
    #expect(ContinuousClock.now - begin < .seconds(5))
    #expect(report.sent > 0 && report.answered == 0)
    #expect(history.requests.allSatisfy { $0.outcome == .unknown && $0.code == "timeout" && $0.status == nil })
    #expect(history.requests.allSatisfy { ($0.latency ?? .max) < 2_000_000_000 })
  }

  @Test func refusalsAreToldApart() async throws {
    let (_, history, _) = try await run(Self.plan, length: .milliseconds(200)) { seen in
      seen.uri.hasPrefix("/products")
        ? .init(status: 500, body: #"{"error":{"code":"database_unavailable","message":"no"}}"#)
        : .init(status: 404, body: "gone")
    }
    let refused = history.requests.filter { $0.op == "product" }
    #expect(!refused.isEmpty)
    #expect(refused.allSatisfy { $0.outcome == .unknown && $0.code == "database_unavailable" && $0.detail == "no" })
    #expect(
      history.requests.filter { $0.op == "session" }.allSatisfy { $0.outcome == .rejected && $0.detail == "gone" })
  }

  @Test func nobodyListeningIsUnknown() async throws {
    let recorder = HistoryRecorder()
    let target = PlannedRequest.Target(name: "i-1", authority: "127.0.0.1:1")
    let plan = SweepPlan(service: "i", rate: 100, operations: [.stock], patience: .seconds(1))
    let schedule = Schedule.sweep(
      plan, targets: [target], read: ["R"], reserve: [], length: .milliseconds(50), seed: 1, name: "s")
    let stream = Stream(name: "sweep", phase: "w", schedule: schedule, patience: .seconds(1))
    _ = try await LoadClient.with { await stream.run(with: $0, recorder: recorder) }
    #expect(recorder.history.requests.count == 5)
    #expect(
      recorder.history.requests.allSatisfy { $0.outcome == .unknown && $0.code == "connect" && $0.target == "i-1" })
  }

  @Test func stoppingEarlyIsNotUndelivered() async throws {
    let recorder = HistoryRecorder()
    let server = try await TestServer.start { _ in .init(status: 200, body: "{}") }
    let stop = StopFlag()
    let stream = Stream(
      name: "users", phase: "w", schedule: .users(Self.plan, length: .seconds(30), seed: 5, name: "w"),
      base: server.url, patience: .seconds(1))
    try await LoadClient.with { client in
      async let report = stream.run(with: client, recorder: recorder, stop: stop)
      while recorder.history.requests.count < 10 { try await Task.sleep(for: .milliseconds(5)) }
      stop.set()
      let sent = await report.sent
      #expect(sent < 200)
    }
    try await server.stop()
    #expect(recorder.history.delivered == 1)
  }

  @Test func theFileHoldsWhatMemoryHolds() throws {
    let folder = try Scratch()
    let path = folder.path + "/history.jsonl"
    let recorder = try HistoryRecorder(path: path)
    for index in 0..<2000 { recorder.record(.note(NoteEvent(text: "line \(index)"))) }
    try recorder.flush()
    let data = try #require(FileManager.default.contents(atPath: path))
    #expect(try HistoryFile.decode(data) == recorder.history)
    #expect(throws: RecorderError.self) { try HistoryRecorder(path: path) }
  }
}

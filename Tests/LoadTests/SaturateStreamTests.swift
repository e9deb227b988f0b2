import DrillCore
import Foundation
import Load
import Synchronization
import Testing

@Suite(.serialized) struct SaturateStreamTests {
  private static let load = LoadPlan(
    rate: 1, arrival: .constant, users: 1, products: 50, zipf: 1, patience: .seconds(30), inFlight: 1, echo: [],
    mix: [:], hot: HotPlan(count: 6, share: 1), cart: CartPlan(lines: 2...4, quantity: 1))

  private static func stream(
    _ mix: [DrillCore.Operation: Int], clients: Int = 4, base: String = "",
    targets: [PlannedRequest.Target] = [], seed: UInt64 = 1, pause: Duration = .milliseconds(20)
  ) -> SaturateStream {
    let plan = SaturatePlan(clients: clients, mix: mix, patience: .seconds(30), pause: pause)
    return SaturateStream(
      name: "peak", phase: "w", plan: plan, load: load, base: base, targets: targets, seed: seed)
  }

  private static func target(_ name: String, _ server: TestServer) -> PlannedRequest.Target {
    .init(name: name, authority: String(server.url.dropFirst("http://".count)))
  }

  @Test func theSeedFixesWhatEachClientAsks() {
    func first(_ stream: SaturateStream, _ client: Int) -> [PlannedRequest] {
      var requests = stream.requests(of: client)
      return (0..<200).map { _ in requests.next() }
    }
    let stream = Self.stream([.product: 1, .order: 1])
    #expect(first(stream, 0) == first(stream, 0))
    #expect(first(stream, 0).map(\.id) != first(stream, 1).map(\.id))
    #expect(first(stream, 0) != first(Self.stream([.product: 1, .order: 1], seed: 2), 0))
    #expect(Set(first(stream, 2).map(\.operation)) == [.product, .order])
    let hot = Set(Schedule.hotProducts(of: Self.load, seed: 1))
    #expect(hot.count == 6 && first(stream, 0).allSatisfy { $0.items.allSatisfy { hot.contains($0.sku) } })
  }

  @Test func eachClientHasOneRequestAtATime() async throws {
    let count = Atomic<Int>(0)
    let server = try await TestServer.start { _ in
      let number = count.add(1, ordering: .relaxed).newValue
      return .init(status: number.isMultiple(of: 5) ? 500 : 200, body: "{}")
    }
    let recorder = HistoryRecorder()
    let stream = Self.stream([.product: 1], base: server.url)
    let report = try await LoadClient.with { await stream.run(for: .seconds(1), with: $0, recorder: recorder) }
    try await server.stop()
    let history = recorder.history
    #expect(report.stream.sent == history.requests.count && report.stream.sent >= 20)
    #expect(report.stream.ok == history.requests.count { $0.outcome == .ok })
    #expect(report.others == history.requests.count { $0.outcome == .unknown } && report.others > 0)
    #expect(report.length == .seconds(1) && report.goodput == Double(report.okInTime))
    #expect(report.okInTime <= report.stream.ok && report.okInTime >= report.stream.ok - 4)
    #expect(history.requests.allSatisfy { $0.scheduled == $0.sent && $0.stream == "peak" })
    #expect(history.load(stream: "peak", in: nil).delivered == 1)
    #expect(
      history.events.contains {
        guard case .sample(let sample) = $0.kind else { return false }
        return sample.name == "load.goodput_per_s" && sample.value == report.goodput
          && sample.labels == ["stream": "peak", "phase": "w"]
      })
    // Whenever one is sent, fewer than the clients are still waiting.
    for event in history.requests {
      let now = event.scheduled
      #expect(history.requests.count { $0.scheduled <= now && ($0.done ?? .max) > now } <= 4)
    }
  }

  @Test func reservationsOfSeveralLinesGoToEachNodeInTurn() async throws {
    let answer: TestServer.Answer = { _ in .init(status: 201, body: #"{"id":"r"}"#) }
    let servers = [try await TestServer.start(answer), try await TestServer.start(answer)]
    let recorder = HistoryRecorder()
    let targets = [Self.target("i-1", servers[0]), Self.target("i-2", servers[1])]
    let stream = Self.stream([.reserve: 1], targets: targets)
    let report = try await LoadClient.with {
      await stream.run(for: .milliseconds(500), with: $0, recorder: recorder)
    }
    for server in servers { try await server.stop() }
    #expect(report.stream.ok == report.stream.sent && report.stream.sent > 4)
    #expect(abs(servers[0].seen.count - servers[1].seen.count) <= 4)
    #expect(Set(recorder.history.requests.map(\.target)) == ["i-1", "i-2"])
    struct Body: Decodable {
      struct Item: Decodable {
        var sku: String
        var quantity: Int
      }
      var id: String
      var items: [Item]
    }
    let bodies = try (servers[0].seen + servers[1].seen).map {
      try JSONDecoder().decode(Body.self, from: Data($0.body.utf8))
    }
    #expect(bodies.allSatisfy { (2...4).contains($0.items.count) && $0.items.allSatisfy { $0.quantity == 1 } })
    #expect(Set(bodies.map(\.id)).count == bodies.count)
    #expect(bodies.contains { $0.items.map(\.sku) != $0.items.map(\.sku).sorted() })
  }

  @Test func somebodyRefusedAtOnceDoesNotSpin() async throws {
    let recorder = HistoryRecorder()
    let nobody = PlannedRequest.Target(name: "i-1", authority: "127.0.0.1:1")
    let stream = Self.stream([.stock: 1], clients: 2, targets: [nobody], pause: .milliseconds(100))
    let report = try await LoadClient.with {
      await stream.run(for: .milliseconds(500), with: $0, recorder: recorder)
    }
    #expect(report.goodput == 0 && report.others == report.stream.sent)
    #expect((2...10).contains(report.stream.sent))
    #expect(recorder.history.requests.allSatisfy { $0.code == "connect" && $0.target == "i-1" })
  }

  @Test func stoppingEndsTheMeasurement() async throws {
    let server = try await TestServer.start { _ in .init(status: 200, body: "{}") }
    let recorder = HistoryRecorder()
    let stop = StopFlag()
    let stream = Self.stream([.browse: 1], base: server.url)
    let begin = ContinuousClock.now
    try await LoadClient.with { client in
      async let report = stream.run(for: .seconds(300), with: client, recorder: recorder, stop: stop)
      while recorder.history.requests.count < 10 {
        try #require(ContinuousClock.now - begin < .seconds(20))
        try await Task.sleep(for: .milliseconds(5))
      }
      stop.set()
      let result = await report
      #expect(result.length < .seconds(30) && result.okInTime >= 10 && result.goodput > 0)
    }
    try await server.stop()
    #expect(recorder.history.delivered == 1)
  }

  @Test func newOperationsAreWhatTheySay() async throws {
    let server = try await TestServer.start { seen in
      switch seen.uri {
      case "/sessions": .init(status: 201, headers: [("Set-Cookie", "session=1")], body: "{}")
      case let uri where uri.hasPrefix("/products/"): .init(status: 200, body: "{}")
      default: .init(status: 404, body: "{}")
      }
    }
    let recorder = HistoryRecorder()
    let stream = Self.stream([.productHot: 1, .orderUnknown: 1], base: server.url)
    _ = try await LoadClient.with { await stream.run(for: .seconds(1), with: $0, recorder: recorder) }
    try await server.stop()
    let unknown = recorder.history.requests.filter { $0.op == "order-unknown" }
    #expect(!unknown.isEmpty && unknown.allSatisfy { $0.status == 404 && $0.outcome == .rejected })
    let asked = server.seen.filter { $0.uri.hasPrefix("/orders/") }
    #expect(Set(asked.map(\.uri)).count == asked.count && asked.allSatisfy { $0.cookie == "session=1" })
    let pages = Set(server.seen.filter { $0.uri.hasPrefix("/products/") }.map { String($0.uri.dropFirst(10)) })
    #expect(!pages.isEmpty && pages.isSubset(of: Set(Schedule.hotProducts(of: Self.load, seed: 1))))
  }
}

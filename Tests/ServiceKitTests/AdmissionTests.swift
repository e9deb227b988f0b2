import FleetAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOHTTP1
import Resilience
import Testing

@testable import ServiceKit

@Suite(.timeLimit(.minutes(1))) struct AdmissionTests {
  private func serving(
    _ policy: InboundPolicy, _ body: @escaping @Sendable (UpstreamClient, ServedRoutes.Handle) async throws -> Void
  ) async throws {
    try await ServedRoutes.with(policy) { try await body($0.client, $0.handle) }
  }

  @Test func theSurplusIsTurnedAwayAndHealthIsNot() async throws {
    try await serving(InboundPolicy(concurrency: .init(maxConcurrent: 1))) { client, handle in
      async let first = client.send(.GET, "/slow")
      while await handle.count < 1 { await Task.yield() }
      let second = try await client.send(.GET, "/slow")
      #expect(second.status == 503 && second.retryAfter == "1")
      #expect(second.error?.code == .overloaded && second.instance == "x-1")
      for uri in ["/healthz", "/readyz", "/metrics"] {
        let response = try await client.send(.GET, uri)
        #expect(response.status == 200)
      }
      await handle.open()
      let served = try await first
      #expect(served.status == 200)
      let third = try await client.send(.GET, "/slow")
      #expect(third.status == 200)
    }
  }

  @Test func aQueueWaitsForItsTurnAndNotForEver() async throws {
    let limit = ConcurrencyLimit.Settings(maxConcurrent: 1, maxQueue: 1, maxWait: .milliseconds(200))
    try await serving(InboundPolicy(concurrency: limit)) { client, handle in
      async let first = client.send(.GET, "/slow")
      while await handle.count < 1 { await Task.yield() }
      let begin = ContinuousClock.now
      let second = try await client.send(.GET, "/slow")
      #expect(second.status == 503)
      #expect(ContinuousClock.now - begin >= .milliseconds(200))
      await handle.open()
      _ = try await first
    }
    let patient = ConcurrencyLimit.Settings(maxConcurrent: 1, maxQueue: 1, maxWait: .seconds(50))
    try await serving(InboundPolicy(concurrency: patient)) { client, handle in
      async let first = client.send(.GET, "/slow")
      while await handle.count < 1 { await Task.yield() }
      // One of two more is told that the other has the only place of the queue: then that one waits.
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 { group.addTask { try await client.send(.GET, "/slow").status } }
        let refused = try await group.next()
        await handle.open()
        return [refused, try await group.next()]
      }
      #expect(statuses == [503, 200])
      let served = try await first
      #expect(served.status == 200)
    }
  }

  @Test func aRequestWhoseTimeIsOverIsRefused() async throws {
    let late: HTTPFields = [.requestTimeout: "0"]
    try await serving(InboundPolicy(honorsDeadlines: true)) { client, handle in
      await handle.open()
      let refused = try await client.send(.GET, "/slow", headers: late)
      #expect(refused.status == 504)
      #expect(refused.error?.code == .deadlineExceeded)
      for text in ["60000", "soon"] {
        let served = try await client.send(.GET, "/slow", headers: [.requestTimeout: text])
        #expect(served.status == 200)
      }
    }
    try await serving(InboundPolicy()) { client, handle in
      await handle.open()
      let served = try await client.send(.GET, "/slow", headers: late)
      #expect(served.status == 200, "off by default")
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct ConcurrencyGateTests {
  @Test func manyPassAndNeverMoreThanAllowed() async {
    let gate = ConcurrencyGate(.init(maxConcurrent: 3, maxQueue: 500, maxWait: .seconds(50)))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<300 {
        group.addTask {
          #expect(await gate.enter() == .admitted)
          #expect(gate.load.inside <= 3)
          await Task.yield()
          gate.leave()
        }
      }
    }
    #expect(gate.load == (0, 0))
  }

  @Test func aCancelledTaskLeavesTheQueue() async {
    let gate = ConcurrencyGate(.init(maxConcurrent: 1, maxQueue: 5, maxWait: .seconds(50)))
    #expect(await gate.enter() == .admitted)
    let waiting = Task { await gate.enter() }
    while gate.load.waiting < 1 { await Task.yield() }
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    #expect(gate.load == (1, 0))
  }

  @Test func aDeadlineEndsTheWait() async {
    let gate = ConcurrencyGate(.init(maxConcurrent: 1, maxQueue: 5, maxWait: .seconds(50)))
    #expect(await gate.enter() == .admitted)
    #expect(await gate.enter(until: Deadline(in: .milliseconds(50), from: .now)) == .refused(.queueTimeout))
  }
}

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Instrumentation
import Logging
import NIOCore
import NIOHTTP1
import Resilience
import Synchronization
import Testing

@testable import ServiceKit

/// Calls of a real HTTP server that answers as it is told.
@Suite(.timeLimit(.minutes(1))) struct UpstreamRetryTests {
  /// What the callee answers, one after the other, the last for ever; and what it was sent.
  private final class Script: Sendable {
    private let state: Mutex<(answers: [Int], received: [HTTPFields])>
    let retryAfter: String?

    init(_ answers: [Int], retryAfter: String? = nil) {
      state = Mutex((answers, []))
      self.retryAfter = retryAfter
    }

    var received: [HTTPFields] { state.withLock { $0.received } }
    var count: Int { received.count }

    /// A status of 0 means that no answer comes within the time-out.
    func next(_ headers: HTTPFields) -> Int {
      state.withLock { state in
        state.received.append(headers)
        return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
      }
    }
  }

  private func calling(
    _ script: Script, _ policy: OutboundPolicy, _ body: @escaping @Sendable (UpstreamClient) async throws -> Void
  ) async throws {
    let router = Router()
    for method in [HTTPRequest.Method.get, .post] {
      router.on("/x", method: method) { request, _ in
        let status = script.next(request.headers)
        if status == 0 { try await Task.sleep(for: .seconds(3)) }
        var response = Response(status: .init(code: max(status, 200)))
        if let seconds = script.retryAfter { response.headers[.retryAfter] = seconds }
        return response
      }
    }
    let server = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await server.test(.live) { client in
      let endpoint = Endpoint(host: "127.0.0.1", port: try #require(client.port))
      let upstreams = Upstreams(.list([endpoint]), logger: Logger(label: "test"))
      try await body(UpstreamClient(service: "x", upstreams: upstreams, policy: policy, client: OutboundClient()))
    }
  }

  private func policy(_ attempts: Int, timeout: Duration = .seconds(20)) -> OutboundPolicy {
    var policy = OutboundPolicy(timeout: timeout)
    policy.retry = RetryPolicy(maxAttempts: attempts, baseInterval: .milliseconds(1), jitter: .none)
    return policy
  }

  @Test func aFailureIsRepeatedUntilItGoesWell() async throws {
    let script = Script([503, 502, 200])
    try await calling(script, policy(5)) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 200)
    }
    #expect(script.count == 3)
  }

  @Test func attemptsEndWithTheLastAnswer() async throws {
    let script = Script([503])
    try await calling(script, policy(3)) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 503)
    }
    #expect(script.count == 3)
  }

  @Test func byDefaultAndForOtherAnswersNothingIsRepeated() async throws {
    for (answer, policy) in [(503, OutboundPolicy(timeout: .seconds(20))), (500, policy(3)), (404, policy(3))] {
      let script = Script([answer])
      try await calling(script, policy) { client in
        let reply = try await client.send(.GET, "/x")
        #expect(reply.status == answer)
      }
      #expect(script.count == 1)
    }
  }

  @Test func onlyWhatMayBeRepeatedIs() async throws {
    let script = Script([503])
    try await calling(script, policy(2)) { client in
      _ = try await client.send(.POST, "/x")
      #expect(script.count == 1)
      _ = try await client.send(.POST, "/x", headers: [.idempotencyKey: "k"])
      #expect(script.count == 3)
      _ = try await client.send(.POST, "/x", isRepeatable: true)
      #expect(script.count == 5)
      _ = try await client.send(.GET, "/x", isRepeatable: false)
      #expect(script.count == 6)
    }
  }

  @Test func timeOutsAreRepeatedAndReported() async throws {
    let script = Script([0, 200])
    try await calling(script, policy(2, timeout: .milliseconds(500))) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 200)
    }
    #expect(script.count == 2)
  }

  @Test func nobodyListeningIsAConnectFailure() async throws {
    var policy = policy(3)
    policy.retry.conditions = [.connectFailure]
    policy.breaker = .init(slidingWindow: .calls(3), minimumNumberOfCalls: 3)
    let nobody = Upstreams(.list([Endpoint(host: "127.0.0.1", port: 1)]), logger: Logger(label: "test"))
    let client = UpstreamClient(service: "x", upstreams: nobody, policy: policy, client: OutboundClient())
    let error = try await #require(throws: UpstreamError.self) { try await client.send(.GET, "/x") }
    #expect(error.kind == .unreachable)
    let open = try await #require(throws: UpstreamError.self) { try await client.send(.GET, "/x") }
    #expect(open.kind == .circuitOpen, "three attempts failed")
  }

  @Test func theBudgetEndsRepetitions() async throws {
    var policy = policy(10)
    policy.budget = .init(ratio: 0, minPerSecond: 0.2)
    let script = Script([503])
    try await calling(script, policy) { client in
      _ = try await client.send(.GET, "/x")
      _ = try await client.send(.GET, "/x")
    }
    #expect(script.count == 4, "two calls and the two repetitions that ten seconds allow")
  }

  @Test func theBreakerOpensAndSaysWhenToComeBack() async throws {
    var policy = policy(1)
    policy.breaker = .init(
      failureRateThreshold: 50, slidingWindow: .calls(10), minimumNumberOfCalls: 4,
      waitDurationInOpenState: .seconds(600))
    let script = Script([500])
    try await calling(script, policy) { client in
      for _ in 0..<4 { _ = try await client.send(.GET, "/x") }
      let error = try await #require(throws: UpstreamError.self) { try await client.send(.GET, "/x") }
      #expect(error.kind == .circuitOpen)
      let reply = error.serviceError
      #expect(reply.status == 503 && reply.code == .upstreamUnavailable)
      #expect((590...600).contains(reply.retryAfter ?? 0))
    }
    #expect(script.count == 4)
  }

  @Test func retryAfterIsWaitedForOrEndsTheAttempts() async throws {
    var policy = policy(3)
    policy.honorsRetryAfter = true
    policy.retry.maxInterval = .seconds(1)
    let soon = Script([503, 200], retryAfter: "1")
    let begin = ContinuousClock.now
    try await calling(soon, policy) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 200)
    }
    #expect(ContinuousClock.now - begin >= .seconds(1))
    let late = Script([503], retryAfter: "2")
    try await calling(late, policy) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 503)
    }
    #expect(late.count == 1)
  }

  @Test func theDeadlineBoundsAllAttempts() async throws {
    var policy = policy(100, timeout: .seconds(30))
    policy.retry.baseInterval = .milliseconds(200)
    policy.deadline = .milliseconds(500)
    let script = Script([503])
    try await calling(script, policy) { client in
      let reply = try await client.send(.GET, "/x")
      #expect(reply.status == 503)
    }
    #expect((1...3).contains(script.count))
    let silent = Script([0])
    try await calling(silent, policy) { client in
      let error = try await #require(throws: UpstreamError.self) { try await client.send(.GET, "/x") }
      #expect(error.kind == .late && error.serviceError.status == 504)
    }
    #expect(silent.count == 1)
  }

  @Test func calleesAreToldTheTimeLeftAndNobodyIsAskedWithout() async throws {
    var policy = policy(1, timeout: .seconds(20))
    let quiet = Script([200])
    try await calling(quiet, policy) { _ = try await $0.send(.GET, "/x") }
    #expect(quiet.received[0][.requestTimeout] == nil)
    policy.propagatesDeadline = true
    let script = Script([200])
    try await calling(script, policy) { client in
      _ = try await client.send(.GET, "/x")
      #expect(script.received[0][.requestTimeout] == "20000")
      var context = ServiceContext.topLevel
      context.deadline = Deadline(in: .seconds(10), from: .now)
      _ = try await ServiceContext.withValue(context) { try await client.send(.GET, "/x") }
      let told = script.received[1][.requestTimeout].flatMap { Int($0) } ?? 0
      #expect((1...10_000).contains(told))
      context.deadline = Deadline(.now)
      let error = try await #require(throws: UpstreamError.self) {
        try await ServiceContext.withValue(context) { try await client.send(.GET, "/x") }
      }
      #expect(error.kind == .deadlineExceeded && error.serviceError.code == .deadlineExceeded)
    }
    #expect(script.count == 2)
  }

  @Test func theBulkheadBoundsWhatIsUnderWay() async throws {
    var policy = policy(1)
    policy.bulkhead = .init(maxConcurrent: 2)
    let script = Script([0])
    try await calling(script, policy) { client in
      let kinds = await withTaskGroup(of: UpstreamError.Kind?.self) { group in
        for _ in 0..<6 {
          group.addTask {
            do {
              _ = try await client.send(.GET, "/x")
              return nil
            } catch {
              return (error as? UpstreamError)?.kind
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(kinds.filter { $0 == nil }.count == 2)
      #expect(kinds.filter { $0 == .bulkheadFull }.count == 4)
    }
    #expect(script.count == 2)
  }
}

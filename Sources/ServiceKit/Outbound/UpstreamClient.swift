import AsyncHTTPClient
public import HTTPTypes
import Instrumentation
public import NIOCore
public import NIOHTTP1
import Resilience

/// Calls one other service by its policy: next instance in turn, one time-out for all of an attempt, the trace and the
/// deadline handed on. What may be repeated is repeated as the policy says; by default nothing is.
public struct UpstreamClient: Sendable {
  /// What the service is called in errors and logs.
  public let service: String
  /// Its instances.
  public let upstreams: Upstreams
  /// How it is called.
  public let policy: OutboundPolicy
  private let client: OutboundClient
  private let metrics: OutboundMetrics
  private let guards: UpstreamGuards

  /// A caller of `service`.
  public init(service: String, upstreams: Upstreams, policy: OutboundPolicy, client: OutboundClient) {
    self.service = service
    self.upstreams = upstreams
    self.policy = policy
    self.client = client
    metrics = OutboundMetrics(upstream: service)
    guards = UpstreamGuards(policy, upstream: service)
  }

  /// Sends one request, and again when that may help.
  /// - Parameters:
  ///   - path: path and query, percent-encoded, beginning with `/`.
  ///   - headers: further headers.
  ///   - json: the body.
  ///   - isRepeatable: whether doing it twice does no more than once; by default GET, HEAD, PUT and DELETE are, and
  ///     what carries an `Idempotency-Key`.
  /// - Returns: the answer, also when it is an error.
  /// - Throws: `UpstreamError` when there is no answer; `CancellationError`.
  public func send(
    _ method: HTTPMethod, _ path: String, headers: HTTPFields = [:], json: ByteBuffer? = nil,
    isRepeatable: Bool? = nil
  ) async throws -> UpstreamReply {
    let total = policy.deadline.map { Deadline(in: $0, from: .now) }
    let call = OutboundCall(
      method: method, path: path, headers: headers, json: json,
      isRepeatable: isRepeatable ?? OutboundCall.isRepeatable(method, headers),
      deadline: Deadline.earliest(total, ServiceContext.current?.deadline))
    guards.recordCall()
    var number = 1
    while true {
      let attempt = try await attempt(call)
      guard let pause = pause(after: attempt, number, of: call) else { return try attempt.result.get() }
      try await Task.sleep(for: pause)
      number += 1
    }
  }

  /// How long to wait before the next attempt; nil when there is none.
  private func pause(after attempt: Attempt, _ number: Int, of call: OutboundCall) -> Duration? {
    guard call.isRepeatable, let outcome = attempt.outcome, policy.retry.retries(outcome, afterAttempt: number) else {
      return nil
    }
    var pause = policy.retry.delay(afterAttempt: number, random: Double.random(in: 0..<1))
    if policy.honorsRetryAfter, let seconds = attempt.retryAfter {
      // Whoever asks for more patience than we have is not asked again.
      guard .seconds(seconds) <= policy.retry.maxInterval else { return nil }
      pause += .seconds(seconds)
    }
    if let deadline = call.deadline, deadline.left(at: .now) <= pause { return nil }
    return guards.tryRetry() ? pause : nil
  }

  /// One attempt, if breaker and bulkhead let it.
  /// - Throws: `UpstreamError` when it isn't made; `CancellationError`.
  private func attempt(_ call: OutboundCall) async throws -> Attempt {
    try refuseLate(call)
    let permit: CircuitBreaker.Permit?
    do {
      permit = try guards.acquire()
    } catch let error as CircuitOpen {
      var refusal = refusal(.circuitOpen, "its circuit breaker is open")
      refusal.retryAfter = max(1, Int(error.wait.components.seconds) + (error.wait.components.attoseconds > 0 ? 1 : 0))
      throw refusal
    }
    guard let bulkhead = guards.bulkhead else { return try await exchange(call, permit) }
    switch await bulkhead.enter(until: call.deadline) {
    case .cancelled:
      guards.release(permit)
      throw CancellationError()
    case .refused:
      guards.release(permit)
      try refuseLate(call)
      guards.recordRejection()
      throw refusal(.bulkheadFull, "too many calls are under way")
    case .admitted:
      defer { bulkhead.leave() }
      return try await exchange(call, permit)
    }
  }

  private func exchange(_ call: OutboundCall, _ permit: CircuitBreaker.Permit?) async throws -> Attempt {
    let begin = ContinuousClock.now
    let left = call.deadline?.left(at: begin)
    guard let endpoint = upstreams.next(), left != .zero else {
      guards.release(permit)
      try refuseLate(call)
      return Attempt(
        result: .failure(refusal(.unreachable, "no instance is known")), outcome: .connectFailure, retryAfter: nil)
    }
    let limit = min(policy.timeout, left ?? policy.timeout)
    guards.recordAttempt()
    do {
      let request = call.request(to: endpoint, tellingTimeout: policy.propagatesDeadline ? limit : nil)
      let reply = try await client.exchange(request, timeout: limit)
      let duration = begin.duration(to: .now)
      metrics.record(String(reply.status), duration)
      let outcome = CallOutcome.status(reply.status)
      guards.record(permit, failed: outcome.isFailure, duration: duration)
      return Attempt(result: .success(reply), outcome: outcome, retryAfter: reply.retryAfter.flatMap { Int($0) })
    } catch {
      let duration = begin.duration(to: .now)
      guard !(error is CancellationError), !Task.isCancelled else {
        guards.release(permit)
        throw CancellationError()
      }
      let outcome = OutboundClient.outcome(of: error)
      if outcome == .timeout && limit < policy.timeout {
        // It had less time than it may take: that isn't its fault.
        guards.release(permit)
      } else {
        guards.record(permit, failed: true, duration: duration)
      }
      let kind: UpstreamError.Kind = outcome == .timeout ? .late : .unreachable
      metrics.record(kind.rawValue, duration)
      let failure = UpstreamError(service: service, endpoint: endpoint, kind: kind, detail: "\(error)")
      return Attempt(result: .failure(failure), outcome: outcome, retryAfter: nil)
    }
  }

  private func refuseLate(_ call: OutboundCall) throws {
    guard let deadline = call.deadline, deadline.hasPassed(at: .now) else { return }
    throw refusal(.deadlineExceeded, "the time for the call is over")
  }

  private func refusal(_ kind: UpstreamError.Kind, _ detail: String) -> UpstreamError {
    UpstreamError(service: service, endpoint: nil, kind: kind, detail: detail)
  }
}

/// What one attempt brought.
private struct Attempt {
  var result: Result<UpstreamReply, UpstreamError>
  var outcome: CallOutcome?
  /// In seconds.
  var retryAfter: Int?
}

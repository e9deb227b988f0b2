import AsyncHTTPClient
public import HTTPTypes
import Instrumentation
public import NIOCore
public import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Calls one other service: next instance in turn, one deadline for all of it, the trace handed on. It never repeats a
/// call.
public struct UpstreamClient: Sendable {
  /// What the service is called in errors and logs.
  public let service: String
  /// Its instances.
  public let upstreams: Upstreams
  /// How long a call may take, from asking for a connection to the last byte of the answer.
  public let timeout: Duration
  private let client: OutboundClient
  private let metrics: OutboundMetrics

  /// A caller of `service`.
  public init(service: String, upstreams: Upstreams, timeout: Duration, client: OutboundClient) {
    self.service = service
    self.upstreams = upstreams
    self.timeout = timeout
    self.client = client
    metrics = OutboundMetrics(upstream: service)
  }

  /// Sends one request.
  /// - Parameters:
  ///   - path: path and query, percent-encoded, beginning with `/`.
  ///   - headers: further headers.
  ///   - json: the body.
  /// - Returns: the answer, also when it is an error.
  /// - Throws: `UpstreamError` when there is no answer; `CancellationError`.
  public func send(
    _ method: HTTPMethod, _ path: String, headers: HTTPFields = [:], json: ByteBuffer? = nil
  ) async throws -> UpstreamReply {
    guard let endpoint = upstreams.next() else {
      throw UpstreamError(service: service, endpoint: nil, kind: .unreachable, detail: "no instance is known")
    }
    var request = HTTPClientRequest(url: "http://\(endpoint)\(path)")
    request.method = method
    for field in headers { request.headers.add(name: field.name.rawName, value: field.value) }
    if let trace = ServiceContext.current?.trace { request.headers.add(name: "traceparent", value: trace.header) }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(json)
    }
    let begin = ContinuousClock.now
    do {
      let reply = try await exchange(request)
      metrics.record(String(reply.status), begin.duration(to: .now))
      return reply
    } catch let error as CancellationError {
      throw error
    } catch {
      try Task.checkCancellation()
      let kind = Self.kind(of: error)
      metrics.record(kind.rawValue, begin.duration(to: .now))
      throw UpstreamError(service: service, endpoint: endpoint, kind: kind, detail: "\(error)")
    }
  }

  private func exchange(_ request: HTTPClientRequest) async throws -> UpstreamReply {
    let begin = ContinuousClock.now
    let deadline = NIODeadline.now() + .nanoseconds(timeout.nanoseconds)
    let response = try await client.http.execute(request, deadline: deadline)
    // The deadline above ends with the head; a body that trickles must not outlive it.
    let rest = timeout - (ContinuousClock.now - begin)
    let body = try await withTimeout(max(rest, .milliseconds(1))) { try await response.body.collect(upTo: 16 << 20) }
    return UpstreamReply(
      status: Int(response.status.code), body: body, contentType: response.headers.first(name: "Content-Type"),
      retryAfter: response.headers.first(name: "Retry-After"), instance: response.headers.first(name: "X-Instance"),
      readAfter: response.headers.first(name: "X-Read-After"))
  }

  private static func kind(of error: any Error) -> UpstreamError.Kind {
    switch error {
    case is TimeoutError: .late
    case let error as HTTPClientError
    where error == .deadlineExceeded || error == .readTimeout || error == .getConnectionFromPoolTimeout: .late
    default: .unreachable
    }
  }
}

/// The one HTTP client of a process: it keeps connections open, and never repeats or redirects.
public final class OutboundClient: Service {
  let http: HTTPClient

  /// - Parameter connections: the most connections to one instance.
  public init(connections: Int = 256) {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(1)),
      connectionPool: .init(idleTimeout: .seconds(30), concurrentHTTP1ConnectionsPerHostSoftLimit: connections))
    // The caller decides about repeating; a refused connection must show at once, not at the deadline.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    http = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
  }

  deinit {
    // An HTTP client must not go before it is shut down, also when nobody ever ran this service.
    let http = self.http
    Task.detached { try? await http.shutdown() }
  }

  /// Waits for shutdown and closes the connections.
  public func run() async throws {
    try? await gracefulShutdown()
    try? await http.shutdown()
  }
}

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Resilience
public import ServiceLifecycle

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

  /// Sends one request and reads its answer.
  /// - Parameter timeout: from asking for a connection to the last byte of the answer.
  func exchange(_ request: HTTPClientRequest, timeout: Duration) async throws -> UpstreamReply {
    let begin = ContinuousClock.now
    let response = try await http.execute(request, deadline: .now() + .nanoseconds(timeout.nanoseconds))
    // The deadline above ends with the head; a body that trickles must not outlive it.
    let rest = timeout - (ContinuousClock.now - begin)
    let body = try await withTimeout(max(rest, .milliseconds(1))) { try await response.body.collect(upTo: 16 << 20) }
    return UpstreamReply(
      status: Int(response.status.code), body: body, contentType: response.headers.first(name: "Content-Type"),
      retryAfter: response.headers.first(name: "Retry-After"), instance: response.headers.first(name: "X-Instance"),
      readAfter: response.headers.first(name: "X-Read-After"))
  }

  /// What an error of `exchange` says.
  static func outcome(of error: any Error) -> CallOutcome {
    switch error {
    case is TimeoutError: .timeout
    case let error as HTTPClientError
    where error == .deadlineExceeded || error == .readTimeout || error == .getConnectionFromPoolTimeout: .timeout
    case is NIOConnectionError: .connectFailure
    case let error as HTTPClientError where error == .connectTimeout: .connectFailure
    case let error as IOError where error.errnoCode == ECONNREFUSED: .connectFailure
    default: .reset
    }
  }
}

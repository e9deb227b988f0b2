import AsyncHTTPClient
import DrillCore
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Looks at something over HTTP, each time within a bound.
public struct HTTPProbe: Sendable {
  private let client: HTTPClient
  private static let bodyLimit = 64 << 20

  private init(client: HTTPClient) { self.client = client }

  /// Opens a probe for the time of `body`.
  public static func with<Result: Sendable>(
    _ body: @Sendable (HTTPProbe) async throws -> Result
  ) async throws -> Result {
    var configuration = HTTPClient.Configuration()
    configuration.httpVersion = .http1Only
    configuration.redirectConfiguration = .disallow
    configuration.timeout.connect = .seconds(2)
    configuration.connectionPool.retryConnectionEstablishment = false
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    do {
      let result = try await body(HTTPProbe(client: client))
      try await client.shutdown()
      try await group.shutdownGracefully()
      return result
    } catch {
      try? await client.shutdown()
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// What came back.
  public struct Reply: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The header `X-Instance`.
    public var instance: String?
    /// The body.
    public var body: Data
  }

  /// One request; waits at most `timeout` for the whole reply.
  ///
  /// - Parameters:
  ///   - token: sent as a bearer token when there is one.
  ///   - headers: further headers.
  ///   - json: sent as the body when there is one.
  /// - Throws: when nothing came back in time.
  public func send(
    _ method: String = "GET", _ url: String, token: String? = nil, headers: [(String, String)] = [],
    json: String? = nil, timeout: Duration
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: json))
    }
    let begin = ContinuousClock.now
    let response = try await client.execute(request, timeout: TimeAmount(timeout))
    // The client's time-out ends with the head.
    let rest = max(timeout - (ContinuousClock.now - begin), .milliseconds(1))
    let buffer = try await bounded(rest) { try await response.body.collect(upTo: Self.bodyLimit) }
    return Reply(
      status: Int(response.status.code), instance: response.headers.first(name: "X-Instance"),
      body: Data(buffer.readableBytesView))
  }
}

import AsyncHTTPClient
import DrillCore
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The HTTP client of the load: enough connections, HTTP/1.1 with keep-alive, no redirects, no retries of its own.
///
/// A retry would hide what the users see; a limit on connections would hide how slow it is.
public struct LoadClient: Sendable {
  let client: HTTPClient
  /// The largest reply that is read, in bytes.
  private static let bodyLimit = 1 << 20

  /// Uses `client`, which its owner shuts down.
  init(client: HTTPClient) { self.client = client }

  /// Opens a client for the time of `body` and shuts it down, whatever happens.
  public static func with<Result: Sendable>(
    connectionsPerHost: Int = 512, _ body: @Sendable (LoadClient) async throws -> Result
  ) async throws -> Result {
    var configuration = HTTPClient.Configuration()
    configuration.httpVersion = .http1Only
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.timeout.connect = .seconds(10)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.idleTimeout = .seconds(30)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    do {
      let result = try await body(LoadClient(client: client))
      try await client.shutdown()
      try await group.shutdownGracefully()
      return result
    } catch {
      try? await client.shutdown()
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// A reply, or the word for what cut it off.
  enum Answer: Sendable {
    case reply(status: Int, headers: [(String, String)], body: Data)
    case cut(String)
  }

  /// Makes one request and waits for its whole reply, at most for `patience`.
  func send(_ call: Call, patience: Duration) async -> Answer {
    var request = HTTPClientRequest(url: call.url)
    request.method = .RAW(value: call.method)
    for (name, value) in call.headers { request.headers.add(name: name, value: value) }
    if let body = call.body {
      request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(string: body))
    }
    let begin = ContinuousClock.now
    do {
      let timeout = TimeAmount.nanoseconds(HistoryRecorder.nanoseconds(patience))
      let response = try await client.execute(request, timeout: timeout)
      // The client's time-out ends with the head; nobody waits longer for a body that trickles.
      let rest = max(patience - (ContinuousClock.now - begin), .milliseconds(1))
      let buffer = try await bounded(rest) { try await response.body.collect(upTo: Self.bodyLimit) }
      return .reply(
        status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
        body: Data(buffer.readableBytesView))
    } catch {
      return .cut(Self.word(for: error))
    }
  }

  private static func word(for error: any Error) -> String {
    if error is OutOfTime { return "timeout" }
    if let error = error as? HTTPClientError {
      switch error {
      case .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout: return "timeout"
      case .connectTimeout: return "connect"
      default: return "cut"
      }
    }
    return error is NIOConnectionError || error is IOError || error is ChannelError ? "connect" : "cut"
  }
}

/// A request in the terms of HTTP.
struct Call: Sendable {
  var method: String
  var url: String
  var headers: [(String, String)] = []
  var body: String?
}

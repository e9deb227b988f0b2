import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ServiceKit

/// A service that really listens: `/slow` takes as long as the test wants, `/count` tells how long a body was.
struct ServedRoutes: Sendable {
  let port: Int
  /// Several of its requests may be under way.
  let client: UpstreamClient
  /// Holds `/slow`.
  let handle: Handle

  static func with(
    _ policy: InboundPolicy = InboundPolicy(), _ common: CommonSettings = CommonSettings(instance: "x-1"),
    _ body: @escaping @Sendable (ServedRoutes) async throws -> Void
  ) async throws {
    let host = ServiceHost(
      name: "x", common: common, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, inbound: policy)
    let router = host.makeRouter()
    let handle = Handle()
    for method in [HTTPRequest.Method.get, .post] {
      router.on("/slow", method: method) { _, _ in
        await handle.wait()
        return Response(status: .ok)
      }
    }
    router.post("/count") { request, _ in
      Response(
        status: .ok,
        body: .init(byteBuffer: ByteBuffer(string: "\(try await JSONBody.bytes(of: request).readableBytes)")))
    }
    try await host.application(BuiltService(router: router)).test(.live) { tested in
      // The test's own client sends one request after the other; here several must be under way.
      let port = try #require(tested.port)
      let upstreams = Upstreams(.list([Endpoint(host: "127.0.0.1", port: port)]), logger: Logger(label: "test"))
      let client = UpstreamClient(
        service: "x", upstreams: upstreams, policy: OutboundPolicy(timeout: .seconds(20)), client: OutboundClient())
      try await body(ServedRoutes(port: port, client: client, handle: handle))
    }
  }

  /// Holds requests until it is opened.
  actor Handle {
    private var isOpen = false
    private var held: [CheckedContinuation<Void, Never>] = []
    var count: Int { held.count }

    func wait() async {
      if isOpen { return }
      await withCheckedContinuation { held.append($0) }
    }

    func open() {
      isOpen = true
      for continuation in held { continuation.resume() }
      held = []
    }
  }

  /// Sends pieces with a pause before each but the first, until the other side has ended or all are sent.
  /// - Returns: all that came until the other side ended; nil when it didn't within 20 s.
  func say(_ pieces: [String], pause: Duration = .zero) async throws -> String? {
    let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await connection.executeThenClose { inbound, outbound in
      try await withThrowingTaskGroup(of: String?.self) { group in
        group.addTask {
          try? await withTimeout(.seconds(20)) {
            var text = ""
            for try await buffer in inbound { text += String(buffer: buffer) }
            return text
          }
        }
        for (number, piece) in pieces.enumerated() {
          if number > 0 { try await Task.sleep(for: pause) }
          do { try await outbound.write(ByteBuffer(string: piece)) } catch { break }
        }
        return try await group.next() ?? nil
      }
    }
  }
}

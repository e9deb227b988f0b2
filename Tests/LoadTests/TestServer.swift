import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server that says what a test wants, or nothing at all.
final class TestServer: Sendable {
  struct Seen: Sendable {
    var method: String
    var uri: String
    var cookie: String?
    var key: String?
    /// The headers by name in lower case.
    var headers: [String: String] = [:]
    var body = ""
  }
  struct Reply: Sendable {
    var status: Int
    var headers: [(String, String)] = []
    var body = ""
    /// Sends the head and never the body.
    var stalls = false
  }
  typealias Answer = @Sendable (Seen) -> Reply?

  private let channel: any Channel
  private let requests: SeenLog

  private init(channel: any Channel, requests: SeenLog) {
    self.channel = channel
    self.requests = requests
  }

  var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
  var seen: [Seen] { requests.all }

  static func start(_ answer: @escaping Answer) async throws -> TestServer {
    let log = SeenLog()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
          try channel.pipeline.syncOperations.addHandler(Handler(answer: answer, log: log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return TestServer(channel: channel, requests: log)
  }

  func stop() async throws { try await channel.close() }

  final class SeenLog: Sendable {
    private let list = Mutex<[Seen]>([])
    var all: [Seen] { list.withLock { $0 } }
    func add(_ seen: Seen) { list.withLock { $0.append(seen) } }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let answer: Answer
    private let log: SeenLog
    private var head: HTTPRequestHead?
    private var body = ""

    init(answer: @escaping Answer, log: SeenLog) {
      self.answer = answer
      self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        self.head = head
        body = ""
      case .body(let part): body += String(buffer: part)
      case .end:
        guard let head else { return }
        let seen = Seen(
          method: head.method.rawValue, uri: head.uri, cookie: head.headers.first(name: "cookie"),
          key: head.headers.first(name: "idempotency-key"),
          headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }, body: body)
        log.add(seen)
        guard let reply = answer(seen) else { return }
        var headers = HTTPHeaders(
          reply.headers + [("X-Instance", "i-1"), ("Content-Length", "\(reply.body.utf8.count)")])
        headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        let status = HTTPResponseStatus(statusCode: reply.status)
        let answered = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        guard !reply.stalls else {
          return context.writeAndFlush(wrapOutboundOut(.head(answered)), promise: nil)
        }
        context.write(wrapOutboundOut(.head(answered)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}

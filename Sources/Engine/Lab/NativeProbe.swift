import NIOCore
import NIOPosix

/// Asks a server for a sign of life: what `fleet probe URL` does, without a process.
struct NativeProbe: Sendable, Equatable {
  /// What is sent, and which first bytes of an answer mean health.
  enum Dialect: Sendable, Equatable {
    case http(path: String)
    /// A startup packet. Any answer but "starting up" or "shutting down" is life, "too many clients" included.
    case postgres
    /// `PING`; asking for a password is life.
    case redis
    /// Accepting a connection is enough.
    case tcp
  }

  let host: String
  let port: Int
  let dialect: Dialect

  /// Understands `http://HOST:PORT/PATH`, and `postgres`, `redis` and `tcp` with `HOST:PORT`; nil for others.
  init?(url: String) {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let rest = url[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    let path = String(rest.dropFirst(authority.count))
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard let host = parts.first, !host.isEmpty, parts.count <= 2 else { return nil }
    let standardPort: Int
    switch url[..<scheme.lowerBound] {
    case "http": (dialect, standardPort) = (.http(path: path.isEmpty ? "/" : path), 80)
    case "postgres": (dialect, standardPort) = (.postgres, 5432)
    case "redis": (dialect, standardPort) = (.redis, 6379)
    case "tcp": (dialect, standardPort) = (.tcp, 0)
    default: return nil
    }
    guard let port = parts.count == 2 ? Int(parts[1]) : standardPort, (1...65535).contains(port) else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// True when the server at `address` answers as it should within the time.
  func isAlive(at address: String, timeout: Duration) async -> Bool {
    let nanoseconds = Int64(timeout / .nanoseconds(1))
    let group = MultiThreadedEventLoopGroup.singleton
    let promise = group.next().makePromise(of: Bool.self)
    let limit = promise.futureResult.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) { promise.succeed(false) }
    let connecting = ClientBootstrap(group: promise.futureResult.eventLoop)
      .connectTimeout(.nanoseconds(nanoseconds))
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ProbeHandler(probe: self, promise: promise))
        }
      }
      .connect(host: address, port: port)
    connecting.whenFailure { _ in promise.succeed(false) }
    let alive = (try? await promise.futureResult.get()) ?? false
    limit.cancel()
    connecting.whenSuccess { $0.close(promise: nil) }
    return alive
  }

  fileprivate func greeting() -> ByteBuffer {
    switch dialect {
    case .tcp: return ByteBuffer()
    case .redis: return ByteBuffer(string: "PING\r\n")
    case .http(let path):
      return ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    case .postgres:
      var buffer = ByteBuffer()
      let body = "user\0probe\0database\0postgres\0application_name\0probe\0\0"
      buffer.writeInteger(Int32(8 + body.utf8.count))
      buffer.writeInteger(Int32(196608))
      buffer.writeString(body)
      return buffer
    }
  }

  /// nil while more bytes are needed.
  fileprivate func judge(_ answer: String) -> Bool? {
    switch dialect {
    case .tcp: return true
    case .redis: return answer.isEmpty ? nil : answer.hasPrefix("+PONG") || answer.hasPrefix("-NOAUTH")
    case .http: return answer.utf8.count < 12 ? nil : answer.dropFirst(9).hasPrefix("2")
    case .postgres:
      guard let kind = answer.first else { return nil }
      if kind == "R" { return true }
      // 57P03 is cannot_connect_now: starting up or shutting down.
      guard kind == "E", let code = answer.firstRange(of: "\0C") else { return kind == "E" ? nil : false }
      return !answer[code.upperBound...].hasPrefix("57P03")
    }
  }
}

private final class ProbeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let probe: NativeProbe
  private let promise: EventLoopPromise<Bool>
  private var answer = ""

  init(probe: NativeProbe, promise: EventLoopPromise<Bool>) {
    self.probe = probe
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    if probe.dialect == .tcp { return promise.succeed(true) }
    context.writeAndFlush(NIOAny(probe.greeting()), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    answer += String(buffer: unwrapInboundIn(data))
    if let alive = probe.judge(answer) { promise.succeed(alive) }
  }

  func channelInactive(context: ChannelHandlerContext) { promise.succeed(false) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.succeed(false)
    context.close(promise: nil)
  }
}

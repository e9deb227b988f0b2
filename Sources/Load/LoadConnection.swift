import NIOCore
import NIOHTTP1

/// One connection: carries exchanges one after another.
final class LoadConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// The largest reply that is read, in bytes.
  private static let bodyLimit = 1 << 20

  /// The place that it leads to.
  let authority: String
  let address: SocketAddress
  /// Since when it carries nothing.
  private(set) var idleSince = NIODeadline.now()
  private let pool: LoadPool
  private var context: ChannelHandlerContext?
  private var exchange: LoadExchange?
  private var head: HTTPResponseHead?
  private var body = ByteBuffer()
  private(set) var isClosed = false

  init(to authority: String, _ address: SocketAddress, of pool: LoadPool) {
    self.authority = authority
    self.address = address
    self.pool = pool
  }

  /// Sends a request; the reply goes to who asked.
  func carry(_ exchange: LoadExchange) {
    guard let context, !isClosed else { return exchange.end(.cut("cut")) }
    self.exchange = exchange
    exchange.carrier = self
    context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
    if let body = exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// Closes it; what it carries is cut off.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    let cut = exchange
    exchange = nil
    context?.close(promise: nil)
    pool.remove(self)
    cut?.end(.cut("cut"))
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Nobody asked for it.
    guard exchange != nil else { return close() }
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(var part):
      // Most replies are one part, and that is not copied.
      if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
      if body.readableBytes > Self.bodyLimit { close() }
    case .end: finish()
    }
  }

  private func finish() {
    guard let exchange, let head else { return close() }
    let reply = Answer.reply(status: Int(head.status.code), headers: head.headers, body: body)
    self.exchange = nil
    self.head = nil
    body = ByteBuffer()
    exchange.end(reply)
    idleSince = .now()
    // A reply that ends with its connection ends before it is said that the connection is closed.
    let isUsable = head.isKeepAlive && head.status != .switchingProtocols && context?.channel.isActive == true
    if isUsable { pool.release(self) } else { close() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

  func channelInactive(context: ChannelHandlerContext) {
    close()
    context.fireChannelInactive()
  }
}

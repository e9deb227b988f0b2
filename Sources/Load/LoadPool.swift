import NIOCore
import NIOHTTP1
import NIOPosix

/// The connections of a client, by the place that they lead to. All of it belongs to one event loop.
final class LoadPool {
  /// What is known of one place.
  private struct Place {
    /// The one that was used last is the last.
    var idle: [LoadConnection] = []
    /// Connected, or about to be.
    var open = 0
    /// Those for whom there is no connection yet.
    var waiting = CircularBuffer<LoadExchange>()
  }

  private static let connectTimeout = TimeAmount.seconds(10)
  /// A connection that carried nothing for so long is closed: nobody keeps those of a peak.
  private static let idleTimeout = TimeAmount.seconds(30)

  private let loop: any EventLoop
  private let limit: Int
  private var places: [String: Place] = [:]

  /// How many there are, also those that are only about to be.
  var connections: Int { places.values.reduce(0) { $0 + $1.open } }

  /// - Parameter limit: the most connections to one place.
  init(loop: any EventLoop, limit: Int) {
    self.loop = loop
    self.limit = limit
    let pool = NIOLoopBound(Weak(self), eventLoop: loop)
    loop.scheduleRepeatedTask(initialDelay: .seconds(5), delay: .seconds(5)) { task in
      guard let pool = pool.value.pool else { return task.cancel() }
      pool.closeIdle()
    }
  }

  /// Makes a request on a connection that is free, on a new one, or on the first that gets free; it ends at the
  /// deadline at the latest.
  func carry(_ exchange: LoadExchange, until deadline: NIODeadline) {
    guard !exchange.isOver else { return }
    let bound = NIOLoopBound(exchange, eventLoop: loop)
    exchange.timer = loop.scheduleTask(deadline: deadline) { bound.value.end(.cut("timeout")) }
    if let free = places[exchange.authority, default: Place()].idle.popLast() { return free.carry(exchange) }
    if places[exchange.authority, default: Place()].open < limit { return connect(for: exchange) }
    places[exchange.authority, default: Place()].waiting.append(exchange)
  }

  // MARK: What connections tell

  /// It may carry another exchange.
  func release(_ connection: LoadConnection) {
    guard !connection.isClosed else { return }
    if let next = nextWaiting(for: connection.authority) { return connection.carry(next) }
    places[connection.authority]?.idle.append(connection)
  }

  /// It is closed, or never came about: somebody may be waiting for its room. Said once.
  func remove(_ connection: LoadConnection) {
    let authority = connection.authority
    places[authority]?.idle.removeAll { $0 === connection }
    places[authority]?.open -= 1
    if let next = nextWaiting(for: authority) { connect(for: next) }
  }

  // MARK: Parts

  private func nextWaiting(for authority: String) -> LoadExchange? {
    while let next = places[authority]?.waiting.popFirst() {
      // Some have run out of patience.
      if !next.isOver { return next }
    }
    return nil
  }

  private func closeIdle() {
    let now = NIODeadline.now()
    for place in places.values {
      for connection in place.idle where now - connection.idleSince > Self.idleTimeout { connection.close() }
    }
  }

  private func connect(for exchange: LoadExchange) {
    let authority = exchange.authority
    places[authority, default: Place()].open += 1
    let connection = NIOLoopBound(LoadConnection(to: authority, of: self), eventLoop: loop)
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(connection.value)
        }
      }
    // A name is looked up on a thread of its own; an address needs none.
    let address = try? SocketAddress(ipAddress: exchange.host, port: exchange.port)
    let connected =
      address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: exchange.host, port: exchange.port)
    connected.assumeIsolated().whenComplete { [self] result in
      switch result {
      case .success:
        // Whoever it was opened for may have given up; then it is there for others.
        if exchange.isOver { release(connection.value) } else { connection.value.carry(exchange) }
      case .failure:
        exchange.end(.cut("connect"))
        connection.value.close()
      }
    }
  }
}

private struct Weak {
  weak var pool: LoadPool?
  init(_ pool: LoadPool) { self.pool = pool }
}

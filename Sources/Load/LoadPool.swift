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
    /// Only about to be.
    var connecting = 0
    /// Those for whom there is no connection yet. The first that gets free is for the first of them: nobody waits for
    /// one of their own, whose opening may take long.
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
    exchange.timer = loop.scheduleTask(deadline: deadline) { [loop] in
      // A reply that is there in time counts, though the loop looks at its timers first.
      _ = loop.scheduleTask(in: .microseconds(20)) { bound.value.end(.cut("timeout")) }
    }
    if let free = places[exchange.authority, default: Place()].idle.popLast() { return free.carry(exchange) }
    places[exchange.authority, default: Place()].waiting.append(exchange)
    connectIfNeeded(exchange.authority, exchange.address)
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
    connectIfNeeded(authority, connection.address)
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

  /// Opens one for each of those who wait, as far as there is room.
  private func connectIfNeeded(_ authority: String, _ address: SocketAddress) {
    while let place = places[authority], place.connecting < place.waiting.count, place.open < limit {
      connect(authority, address)
    }
  }

  private func connect(_ authority: String, _ address: SocketAddress) {
    places[authority]?.open += 1
    places[authority]?.connecting += 1
    let connection = NIOLoopBound(LoadConnection(to: authority, address, of: self), eventLoop: loop)
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(connection.value)
        }
      }
    bootstrap.connect(to: address).assumeIsolated().whenComplete { [self] result in
      places[authority]?.connecting -= 1
      switch result {
      case .success: release(connection.value)
      case .failure:
        nextWaiting(for: authority)?.end(.cut("connect"))
        // Not at once: a connect that fails at once would make the next one, and so on, on one stack.
        loop.execute { connection.value.close() }
      }
    }
  }
}

private struct Weak {
  weak var pool: LoadPool?
  init(_ pool: LoadPool) { self.pool = pool }
}

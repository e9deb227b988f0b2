import CPlatform
import Glibc
import ServiceKit

/// How connections begin and end.
extension ProxyLoop {
  /// How long the ends of a connection that was cut off in good order may take to close.
  private static let linger: UInt64 = 2_000_000_000

  // MARK: Dialling

  /// Reaches for the target. A black hole towards it keeps that from beginning: the target would never hear of it.
  func dialUnlessBlackholed(_ connection: Connection) {
    guard connection.state == .waiting, connection.dialDeadline == .max, !connection.upstream.effects.swallows else {
      return
    }
    let now = self.now
    connection.dialDeadline = now + settings.connectTimeout
    set(connection, connection.dialDeadline)
    let target = connection.link.spec.target
    if let fixed = connection.link.fixedTarget {
      dial(connection, [fixed])
    } else if let addresses = resolver.addresses(
      of: target.host, port: UInt16(target.port), for: connection.token(.connection), now: now)
    {
      dial(connection, addresses)
    }
  }

  /// A look-up that a connection waits for is done.
  func resolved(_ token: Token, _ addresses: [cplatform_address]) {
    guard let connection = connection(for: token), connection.state == .waiting else { return }
    dial(connection, addresses)
  }

  /// Tries the addresses one after another; each connection begins with another one, so that they share the load.
  private func dial(_ connection: Connection, _ addresses: [cplatform_address]) {
    let first = addresses.isEmpty ? 0 : connection.number % addresses.count
    connection.addresses = Array((addresses[first...] + addresses[..<first]).reversed())
    connection.state = .dialling
    dialNext(connection)
  }

  private func dialNext(_ connection: Connection) {
    while var address = connection.addresses.popLast() {
      let descriptor = cplatform_tcp_connect(&address)
      guard descriptor >= 0 else { continue }
      connection.target.descriptor = descriptor
      connection.target.interest = UInt32(CPLATFORM_WRITE)
      watch(descriptor, connection.target.interest, connection.token(.target))
      return
    }
    connection.link.failedDials += 1
    reset(connection)
  }

  /// A socket is ready before both are connected.
  func readyEarly(_ events: UInt32, _ socket: Socket, _ connection: Connection) {
    guard socket === connection.target else {
      // The client is gone already. In a black hole nobody notices, until it ends.
      if connection.upstream.effects.swallows { stopWatching(socket) } else { reset(connection) }
      return
    }
    guard cplatform_socket_error(socket.descriptor) == 0 else {
      close(socket.descriptor)
      socket.descriptor = -1
      return dialNext(connection)
    }
    connection.state = .established
    connection.dialDeadline = .max
    connection.addresses = []
    settle(connection.upstream, connection)
    settle(connection.downstream, connection)
  }

  // MARK: Deadlines

  /// Looks again at a moment whether the connection is to end.
  func set(_ connection: Connection, _ deadline: UInt64) {
    guard deadline < connection.timer else { return }
    connection.timer = deadline
    timers.add(deadline, connection.token(.connection))
  }

  func checkDeadlines(_ connection: Connection, _ now: UInt64) {
    if connection.timer <= now { connection.timer = .max }
    if connection.dialDeadline <= now {
      connection.link.failedDials += 1
      return reset(connection)
    }
    if connection.lingerDeadline <= now { return end(connection) }
    var next = min(connection.dialDeadline, connection.lingerDeadline)
    for attachment in connection.attachments {
      guard let deadline = attachment.toxic.kind.deadline(from: attachment.start) else { continue }
      if deadline > now {
        next = min(next, deadline)
      } else if case .timeout = attachment.toxic.kind {
        return closeInOrder(connection)
      } else {
        return reset(connection)
      }
    }
    if next < .max { set(connection, next) }
  }

  // MARK: Ends

  /// Ends a connection with RST on both sides.
  func reset(_ connection: Connection) {
    guard connection.state != .ended else { return }
    for socket in [connection.client, connection.target] where socket.descriptor >= 0 {
      cplatform_tcp_reset(socket.descriptor)
      socket.descriptor = -1
    }
    end(connection)
  }

  /// Tells both sides that the other has ended, after what was passed on so far, and waits a little for them to close:
  /// closing a socket with unread bytes would send RST, and that could overtake what was sent.
  func closeInOrder(_ connection: Connection) {
    guard connection.state == .established, connection.lingerDeadline == .max else { return reset(connection) }
    connection.attachments = []
    for flow in [connection.upstream, connection.downstream] {
      drop(flow)
      _ = shutdown(flow.sink.descriptor, Int32(SHUT_WR))
      flow.attachments = []
      flow.effects = FlowEffects()
      flow.discards = true
      flow.awaitsSink = false
      if flow.ending != nil { flow.isFinished = true }
    }
    if connection.upstream.isFinished && connection.downstream.isFinished { return end(connection) }
    connection.lingerDeadline = now + Self.linger
    set(connection, connection.lingerDeadline)
    settle(connection.upstream, connection)
    settle(connection.downstream, connection)
  }

  /// Closes what is still open, and frees the place.
  func end(_ connection: Connection) {
    guard connection.state != .ended else { return }
    connection.state = .ended
    drop(connection.upstream)
    drop(connection.downstream)
    for socket in [connection.client, connection.target] where socket.descriptor >= 0 {
      close(socket.descriptor)
      socket.descriptor = -1
    }
    connections[connection.slot] = nil
    generations[connection.slot] &+= 1
    freeSlots.append(connection.slot)
    openCount -= 1
    connection.link.open -= 1
  }
}

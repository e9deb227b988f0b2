import CPlatform
import Glibc

/// Bytes from socket to socket.
///
/// A direction without toxics takes the short way: what is read is written at once, and only what the sink doesn't take
/// is kept; until that is gone nothing more is read, so the sender feels the receiver's pace.
extension ProxyLoop {
  /// How often one direction is read in a row before others get their turn.
  private static let readsInARow = 4

  /// A socket of a connection is ready.
  func ready(_ events: UInt32, _ socket: Socket, _ connection: Connection) {
    guard connection.state == .established else { return readyEarly(events, socket, connection) }
    let (incoming, outgoing) =
      socket === connection.client
      ? (connection.upstream, connection.downstream) : (connection.downstream, connection.upstream)
    let isBroken = events & UInt32(CPLATFORM_ERROR | CPLATFORM_HANGUP) != 0
    if outgoing.awaitsSink, isBroken || events & UInt32(CPLATFORM_WRITE) != 0 {
      outgoing.awaitsSink = false
      pump(outgoing, connection)
      guard connection.state == .established else { return }
    }
    if isBroken, incoming.readCapacity(settings, heldInAll: heldBytes) == 0 {
      stopWatching(socket)
    } else if isBroken || events & UInt32(CPLATFORM_READ) != 0 {
      read(incoming, connection)
    }
  }

  /// Reads what is there and passes it on.
  func read(_ flow: Flow, _ connection: Connection) {
    guard connection.state == .established else { return }
    for _ in 0..<Self.readsInARow {
      let capacity = flow.readCapacity(settings, heldInAll: heldBytes)
      guard capacity > 0 else { break }
      let count = cplatform_receive(flow.source.descriptor, buffer.baseAddress, capacity)
      if count > 0 {
        take(count, flow, connection)
        guard connection.state == .established else { return }
        if count < capacity { break }
      } else {
        // A socket that isn't watched is broken and would never be looked at again.
        if count < 0, errno == EAGAIN, flow.source.isWatched { break }
        flow.ending = count == 0 ? .fin : .reset
        flow.endedAt = now
      }
    }
    if flow.queue.isEmpty && flow.ending == nil {
      settle(flow, connection)
    } else {
      pump(flow, connection)
    }
  }

  /// What was just read into the buffer.
  private func take(_ count: Int, _ flow: Flow, _ connection: Connection) {
    if flow.discards { return }
    if flow.effects.swallows {
      flow.lost += count
      return
    }
    var sent = 0
    if flow.attachments.isEmpty, flow.queue.isEmpty {
      sent = cplatform_send(flow.sink.descriptor, buffer.baseAddress, count)
      if sent < 0 {
        guard errno == EAGAIN else { return fail(flow, connection) }
        sent = 0
      }
      pass(sent, flow, connection)
      if sent == count { return }
      flow.awaitsSink = true
    }
    let rest = UnsafeRawBufferPointer(rebasing: buffer[sent..<count])
    flow.queue.append(Flow.Segment(bytes: Array(rest), arrived: now, number: flow.segmentCount))
    flow.segmentCount += 1
    flow.queued += rest.count
    heldBytes += rest.count
  }

  /// Passes on what may go now, then the end of the stream; sets a timer for what may go later.
  func pump(_ flow: Flow, _ connection: Connection) {
    guard connection.state == .established, !flow.isFinished else { return }
    if flow.effects.swallows { lose(flow) }
    while let head = flow.queue.first, !flow.awaitsSink, !flow.effects.holds {
      let now = self.now
      let due = max(
        flow.effects.due(arrived: head.arrived, piece: head.number),
        flow.effects.bytesPerSecond == nil ? 0 : flow.pacer.next)
      guard due <= now else {
        set(flow, connection, due)
        break
      }
      guard send(head, flow, connection, now) else { return }
    }
    if flow.queue.isEmpty, let ending = flow.ending, !flow.effects.holds, !flow.effects.swallows {
      let arrived = flow.effects.due(arrived: flow.endedAt, piece: flow.segmentCount)
      let due = flow.discards ? 0 : arrived + flow.effects.closeDelay
      guard due <= now else {
        set(flow, connection, due)
        return settle(flow, connection)
      }
      return finish(flow, ending, connection)
    }
    settle(flow, connection)
  }

  /// Sends of the first segment what limits and sink allow.
  /// - Returns: false when the connection was cut or the sink has failed.
  private func send(_ head: Flow.Segment, _ flow: Flow, _ connection: Connection, _ now: UInt64) -> Bool {
    var allowed = head.count
    if let rate = flow.effects.bytesPerSecond { allowed = min(allowed, Pacer.sip(at: rate)) }
    if let cut = flow.effects.cut { allowed = min(allowed, cut.position - flow.forwarded) }
    var sent = 0
    if allowed > 0 {
      sent = head.bytes.withUnsafeBytes {
        cplatform_send(flow.sink.descriptor, $0.baseAddress?.advanced(by: head.offset), allowed)
      }
      if sent < 0 {
        guard errno == EAGAIN else {
          fail(flow, connection)
          return false
        }
        sent = 0
      }
      if sent < allowed { flow.awaitsSink = true }
      if sent > 0 {
        flow.consume(sent)
        heldBytes -= sent
        pass(sent, flow, connection)
        if let rate = flow.effects.bytesPerSecond { flow.pacer.spend(sent, at: rate, now: now) }
      }
    }
    guard let cut = flow.effects.cut, flow.forwarded >= cut.position else { return true }
    if cut.byReset { reset(connection) } else { closeInOrder(connection) }
    return false
  }

  private func pass(_ count: Int, _ flow: Flow, _ connection: Connection) {
    flow.forwarded += count
    connection.link.bytes[flow.direction.rawValue] += count
  }

  /// The source's end reaches the sink.
  private func finish(_ flow: Flow, _ ending: Flow.Ending, _ connection: Connection) {
    flow.isFinished = true
    guard ending == .fin else { return flow.discards ? endIfFinished(connection) : reset(connection) }
    if !flow.discards { _ = shutdown(flow.sink.descriptor, Int32(SHUT_WR)) }
    endIfFinished(connection)
    settle(flow, connection)
  }

  private func endIfFinished(_ connection: Connection) {
    if connection.upstream.isFinished && connection.downstream.isFinished { end(connection) }
  }

  /// The sink takes no more. What it has sent before still goes to the source; the connection ends after that.
  private func fail(_ flow: Flow, _ connection: Connection) {
    drop(flow)
    flow.isFinished = true
    let opposite = flow.direction == .upstream ? connection.downstream : connection.upstream
    guard !opposite.isFinished else { return reset(connection) }
    settle(flow, connection)
    unwatchedReaders.append((opposite, connection))
  }

  /// A black hole takes what waits.
  private func lose(_ flow: Flow) {
    flow.lost += flow.queued
    drop(flow)
  }

  func drop(_ flow: Flow) {
    heldBytes -= flow.queued
    flow.queue.removeAll()
    flow.queued = 0
  }

  /// Wakes the flow at a moment.
  private func set(_ flow: Flow, _ connection: Connection, _ due: UInt64) {
    guard due < flow.timer else { return }
    flow.timer = due
    timers.add(due, connection.token(flow.direction == .upstream ? .client : .target))
  }

  // MARK: What is watched

  /// Watches both sockets for what the flow needs now.
  func settle(_ flow: Flow, _ connection: Connection) {
    guard connection.state == .established else { return }
    update(flow.source, connection)
    if flow.awaitsSink || flow.sink.interest & UInt32(CPLATFORM_WRITE) != 0 { update(flow.sink, connection) }
    // Nobody will tell that a socket is readable when it isn't watched any more.
    if !flow.source.isWatched, flow.readCapacity(settings, heldInAll: heldBytes) > 0 {
      unwatchedReaders.append((flow, connection))
    }
  }

  private func update(_ socket: Socket, _ connection: Connection) {
    let isClient = socket === connection.client
    let (incoming, outgoing) =
      isClient ? (connection.upstream, connection.downstream) : (connection.downstream, connection.upstream)
    var interest: UInt32 = 0
    if incoming.readCapacity(settings, heldInAll: heldBytes) > 0 { interest |= UInt32(CPLATFORM_READ) }
    if outgoing.awaitsSink, !outgoing.isFinished { interest |= UInt32(CPLATFORM_WRITE) }
    guard socket.isWatched, interest != socket.interest else { return }
    socket.interest = interest
    let token = connection.token(isClient ? .client : .target)
    _ = cplatform_epoll_modify(epoll, socket.descriptor, interest, token.raw)
  }

  func stopWatching(_ socket: Socket) {
    guard socket.isWatched else { return }
    socket.isWatched = false
    unwatch(socket.descriptor)
  }
}

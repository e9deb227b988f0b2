import CPlatform
import Glibc

/// All sockets, timers and toxics of the proxy, on one thread. Others reach it through the mailbox. It never waits for
/// anything but epoll, so a reader that stalls or a target that is away holds up nobody else.
final class ProxyLoop {
  static let bufferSize = 1 << 16
  private static let eventCapacity: Int32 = 64

  let settings: ProxyLimits
  let mailbox: Mailbox
  let epoll: Int32
  /// What is read before it is known where it goes; used within one call only.
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 64)
  var timers = Timers()
  var links: [Link] = []
  var toxics: [ActiveToxic] = []
  var toxicsBegun = 0
  /// Connections by slot; a slot outlives its connection.
  var connections: [Connection?] = []
  var generations: [UInt32] = []
  var freeSlots: [Int] = []
  var openCount = 0
  /// Bytes held in all queues.
  var heldBytes = 0
  /// Listeners don't accept for now: all places are taken or there are no descriptors left.
  var acceptingIsPaused = false
  /// Flows whose socket is no longer watched but may have bytes to read: looked at again at the end of the turn.
  var unwatchedReaders: [(Flow, Connection)] = []
  var resolver: Resolver
  private var events = [cplatform_event](repeating: cplatform_event(), count: Int(eventCapacity))
  private var isEnding = false

  init(settings: ProxyLimits, mailbox: Mailbox) {
    self.settings = settings
    self.mailbox = mailbox
    epoll = cplatform_epoll_create()
    precondition(epoll >= 0, "epoll_create1: \(String(cString: strerror(errno)))")
    resolver = Resolver(mailbox: mailbox)
    watch(mailbox.wakeup, UInt32(CPLATFORM_READ), .wakeup)
    watch(timers.descriptor, UInt32(CPLATFORM_READ), .timer)
  }

  deinit {
    buffer.deallocate()
    close(timers.descriptor)
    close(epoll)
  }

  var now: UInt64 { cplatform_monotonic() }

  // MARK: The thread

  /// Runs until `end`; then closes everything.
  func run() {
    while !isEnding {
      timers.arm(now: now)
      let count = events.withUnsafeMutableBufferPointer {
        cplatform_epoll_wait(epoll, $0.baseAddress, Self.eventCapacity, -1)
      }
      precondition(count >= 0, "epoll_wait: \(String(cString: strerror(errno)))")
      for index in 0..<Int(count) { handle(events[index].events, Token(raw: events[index].token)) }
      while let (flow, connection) = unwatchedReaders.popLast() { read(flow, connection) }
    }
    for link in links { link.close() }
    for connection in connections { if let connection { end(connection) } }
    for letter in mailbox.close() { letter(self) }
  }

  /// Ends the loop after this turn.
  func end() { isEnding = true }

  private func handle(_ ready: UInt32, _ token: Token) {
    switch token.part {
    case .client, .target:
      guard let connection = connection(for: token) else { return }
      self.ready(ready, token.part == .client ? connection.client : connection.target, connection)
    case .connection: break
    case .loop:
      if token == .wakeup {
        for letter in mailbox.take() { letter(self) }
      } else if token == .timer {
        timers.fired()
        fireDue()
      } else if let link = token.link {
        accept(on: links[link])
      }
    }
  }

  private func fireDue() {
    let now = self.now
    while let entry = timers.popDue(now) {
      switch entry.token.part {
      case .client: connection(for: entry.token).map { fired($0.upstream, $0, entry.deadline) }
      case .target: connection(for: entry.token).map { fired($0.downstream, $0, entry.deadline) }
      case .connection: connection(for: entry.token).map { checkDeadlines($0, now) }
      case .loop:
        if entry.token == .leases { endExpired(now) }
        if entry.token == .accepting { resumeAccepting() }
      }
    }
    // Long leases of short connections would pile up otherwise.
    if timers.count > 4096 + 8 * openCount {
      timers.removeAll { $0.part != .loop && connection(for: $0) == nil }
    }
  }

  private func fired(_ flow: Flow, _ connection: Connection, _ deadline: UInt64) {
    guard flow.timer == deadline else { return }
    flow.timer = .max
    pump(flow, connection)
  }

  func connection(for token: Token) -> Connection? {
    guard token.slot < connections.count, generations[token.slot] & 0x3FFF_FFFF == token.generation else { return nil }
    return connections[token.slot]
  }

  // MARK: Descriptors

  func watch(_ descriptor: Int32, _ events: UInt32, _ token: Token) {
    let status = cplatform_epoll_add(epoll, descriptor, events, token.raw)
    precondition(status == 0, "epoll_ctl add \(descriptor): \(String(cString: strerror(errno)))")
  }

  func unwatch(_ descriptor: Int32) { _ = cplatform_epoll_remove(epoll, descriptor) }
}

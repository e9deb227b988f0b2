import CPlatform
import Glibc
import NIOCore

extension ProxyLoop {
  private static let backlog: Int32 = 1024
  /// How many connections one turn takes from one listener.
  private static let batch = 64
  /// How long to wait when there are no descriptors left.
  private static let pause: UInt64 = 100_000_000

  /// Starts to listen.
  /// - Throws: `IOError` when an address can't be had.
  func listen(_ specs: [LinkSpec], host: String) throws {
    for spec in specs {
      var descriptor = try bind(spec, host, UInt16(spec.port))
      // A port that the system chose would be lost by refusing; one that was asked for is kept.
      if spec.port == 0, descriptor >= 0 {
        let port = UInt16(cplatform_tcp_port(descriptor))
        close(descriptor)
        descriptor = try bind(spec, host, port)
      }
      guard descriptor >= 0, Glibc.listen(descriptor, Self.backlog) == 0 else {
        throw IOError(errnoCode: errno, reason: "link \(spec.name): can't listen on \(host):\(spec.port)")
      }
      let link = Link(index: links.count, spec: spec, listener: descriptor)
      links.append(link)
      watch(descriptor, UInt32(CPLATFORM_READ), .listener(link.index))
    }
  }

  /// Looking up blocks; at the start nobody is served yet, so that is no harm.
  private func bind(_ spec: LinkSpec, _ host: String, _ port: UInt16) throws -> Int32 {
    guard var address = Resolver.lookUp(host, port).first else {
      throw IOError(errnoCode: EADDRNOTAVAIL, reason: "link \(spec.name): \(host) has no address")
    }
    return cplatform_tcp_bind(&address)
  }

  func accept(on link: Link) {
    for _ in 0..<Self.batch {
      guard !link.refuses, !acceptingIsPaused else { return }
      guard openCount < settings.maxConnections else { return pauseAccepting() }
      let descriptor = cplatform_tcp_accept(link.listener)
      guard descriptor >= 0 else {
        if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pauseAccepting() }
        return
      }
      let number = link.accepted
      link.accepted += 1
      let failing = toxics.firstIndex { $0.toxic.link == link.spec.name && $0.fails(connection: number) }
      if let failing {
        toxics[failing].failed += 1
        cplatform_tcp_reset(descriptor)
      } else {
        begin(descriptor, link, number)
      }
    }
  }

  /// Lets new connections wait in the system's queue. It goes on by the clock: descriptors may come free elsewhere.
  private func pauseAccepting() {
    acceptingIsPaused = true
    for link in links where !link.refuses { unwatch(link.listener) }
    timers.add(now + Self.pause, .accepting)
  }

  func resumeAccepting() {
    guard acceptingIsPaused else { return }
    acceptingIsPaused = false
    for link in links where !link.refuses { watch(link.listener, UInt32(CPLATFORM_READ), .listener(link.index)) }
  }

  /// Refuses connections, or accepts them again.
  func setRefusal(_ refuses: Bool, on link: Link) {
    guard refuses != link.refuses else { return }
    link.refuses = refuses
    if refuses {
      if !acceptingIsPaused { unwatch(link.listener) }
      _ = cplatform_tcp_unlisten(link.listener)
    } else {
      // The port is still ours, so this can't fail for want of it.
      _ = Glibc.listen(link.listener, Self.backlog)
      if !acceptingIsPaused { watch(link.listener, UInt32(CPLATFORM_READ), .listener(link.index)) }
    }
  }

  private func begin(_ descriptor: Int32, _ link: Link, _ number: Int) {
    let slot = freeSlots.popLast() ?? connections.count
    if slot == connections.count {
      connections.append(nil)
      generations.append(0)
    }
    let connection = Connection(
      link: link, number: number, slot: slot, generation: generations[slot], client: descriptor, accepted: now)
    connections[slot] = connection
    openCount += 1
    link.open += 1
    if let readyToDie = attachToxics(to: connection, isNew: true), readyToDie <= now { return reset(connection) }
    // Nothing is asked for yet, so only that it breaks is told.
    connection.client.interest = 0
    watch(descriptor, 0, connection.token(.client))
    dialUnlessBlackholed(connection)
  }
}

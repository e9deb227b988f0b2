import StableHash

/// Toxics: their beginning, their end, and what that means for connections.
extension ProxyLoop {
  /// What came of a wish for a toxic.
  enum Beginning: Sendable, Equatable {
    case begun, renewed
    /// There is another one with that id.
    case conflict
    case unknownLink
  }

  /// Begins a toxic; the same one again renews its lease.
  func begin(_ toxic: Toxic) -> Beginning {
    guard let link = links.first(where: { $0.spec.name == toxic.link }) else { return .unknownLink }
    let expires = now + UInt64(toxic.leaseSeconds) * 1_000_000_000
    if let index = toxics.firstIndex(where: { $0.toxic.id == toxic.id }) {
      var known = toxics[index].toxic
      known.leaseSeconds = toxic.leaseSeconds
      guard known == toxic else { return .conflict }
      toxics[index].expires = expires
      timers.add(expires, .leases)
      return .renewed
    }
    toxics.append(
      ActiveToxic(toxic: toxic, number: toxicsBegun, firstConnection: link.accepted, expires: expires))
    toxicsBegun += 1
    timers.add(expires, .leases)
    toxicsChanged(on: [link.spec.name])
    if toxic.kind == .refuse(resetsEstablished: true) {
      forEachConnection(of: [toxic.link]) { reset($0) }
    }
    return .begun
  }

  /// Ends the toxics that are meant.
  /// - Returns: how many there were.
  @discardableResult
  func endToxics(where isMeant: (ActiveToxic) -> Bool) -> Int {
    let ended = toxics.filter(isMeant)
    guard !ended.isEmpty else { return 0 }
    toxics.removeAll(where: isMeant)
    toxicsChanged(on: Set(ended.map(\.toxic.link)))
    return ended.count
  }

  /// Ends what has reached the end of its lease.
  func endExpired(_ now: UInt64) { endToxics { $0.expires <= now } }

  private func forEachConnection(of names: Set<String>, _ body: (Connection) -> Void) {
    // Names are compared once for each link, not for each of ten thousand connections.
    let isMeant = links.map { names.contains($0.spec.name) }
    for connection in connections {
      if let connection, isMeant[connection.link.index] { body(connection) }
    }
  }

  private func toxicsChanged(on names: Set<String>) {
    for link in links where names.contains(link.spec.name) {
      setRefusal(
        toxics.contains {
          if case .refuse = $0.toxic.kind { $0.toxic.link == link.spec.name } else { false }
        }, on: link)
    }
    forEachConnection(of: names) { connection in
      guard connection.lingerDeadline == .max else { return }
      _ = attachToxics(to: connection, isNew: false)
      // A connection that a black hole took bytes from can't go on: what follows would make no sense to its ends.
      for flow in [connection.upstream, connection.downstream] where flow.lost > 0 && !flow.effects.swallows {
        return reset(connection)
      }
      dialUnlessBlackholed(connection)
      checkDeadlines(connection, now)
      // `read` ends with what `pump` does, and finds out about an end that waited while nothing was read.
      pump(connection.upstream, connection)
      pump(connection.downstream, connection)
    }
  }

  /// Finds out which toxics act on a connection now. Those that did before go on from where they were.
  /// - Returns: the earliest moment at which one of them ends the connection.
  func attachToxics(to connection: Connection, isNew: Bool) -> UInt64? {
    guard !toxics.isEmpty || !connection.attachments.isEmpty else { return nil }
    let now = self.now
    let acting = toxics.filter {
      $0.toxic.link == connection.link.spec.name && $0.acts(onConnection: connection.number)
    }
    for flow in [connection.upstream, connection.downstream] {
      flow.pacer.restart()
      guard !acting.isEmpty else {
        flow.attachments = []
        flow.effects = FlowEffects()
        continue
      }
      let before = flow.attachments
      flow.attachments = acting.filter { $0.toxic.kind.hasDirection && $0.toxic.directions.contains(flow.direction) }
        .map { active in
          before.first { $0.number == active.number }
            ?? Attachment(toxic: active.toxic, number: active.number, start: now, startBytes: flow.forwarded)
        }
      let salt = StableHash.mix(UInt64(connection.number) &* 2 &+ UInt64(flow.direction.rawValue))
      flow.effects = FlowEffects(flow.attachments, salt: salt)
    }
    let before = connection.attachments
    connection.attachments = acting.map { active in
      before.first { $0.number == active.number }
        ?? Attachment(
          toxic: active.toxic, number: active.number, start: isNew ? connection.accepted : now, startBytes: 0)
    }
    let deadline = connection.attachments.compactMap { $0.toxic.kind.deadline(from: $0.start) }.min()
    if let deadline { set(connection, deadline) }
    return deadline
  }
}

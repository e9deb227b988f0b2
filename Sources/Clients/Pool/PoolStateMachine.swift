import DequeModule

/// Decides everything about a pool and touches nothing: no socket, no clock, no chance. Events go in with the time,
/// actions come out; the shell carries them out in order.
///
/// It holds: never more than `max` connections opening and open; a connection is lent to one at a time; waiters are
/// served in the order they came; while somebody waits, no connection is idle.
struct PoolStateMachine {
  typealias Instant = ContinuousClock.Instant
  typealias ConnectionID = Int
  typealias WaiterID = Int

  /// Why a waiter gets none.
  enum Refusal: Hashable {
    /// All stayed in use.
    case busy
    /// None could be opened; the shell knows the last reason.
    case connectFailed
    /// The pool is shutting down.
    case closed
  }

  enum Action: Hashable {
    case open(ConnectionID)
    /// Close the connection, or give up opening it.
    case close(ConnectionID)
    case lend(ConnectionID, WaiterID)
    case refuse(WaiterID, Refusal)
    /// The shutdown is complete.
    case drained
  }

  enum Phase { case running, draining, drained }

  struct Connection {
    enum State: Hashable {
      case connecting
      case idle(since: Instant)
      case lent
    }

    var state: State
    /// When `maxLifetime` ends.
    var expiry: Instant?
    /// The server ended it while it was lent: it is closed when it comes back.
    var isLost = false
  }

  let settings: PoolSettings
  private(set) var phase = Phase.running
  private(set) var connections: [ConnectionID: Connection] = [:]
  /// Idle connections, the longest idle first; the last is lent next, so that surplus ones grow old.
  private(set) var idle: Deque<ConnectionID> = []
  /// When each waiter came. A waiter that is only in `queue` has left.
  private(set) var waiters: [WaiterID: Instant] = [:]
  private var queue: Deque<WaiterID> = []
  private(set) var connecting = 0
  private var nextConnection = 0
  /// Failures to connect since the last success.
  private(set) var failures = 0
  private var lastFailure: Instant?
  private(set) var backoffUntil: Instant?

  init(settings: PoolSettings) { self.settings = settings }

  var inUse: Int { connections.count - connecting - idle.count }

  // MARK: Callers

  /// Opens what is to be kept.
  mutating func start(now: Instant) -> [Action] { openAsNeeded(now) }

  mutating func acquire(_ waiter: WaiterID, now: Instant) -> [Action] {
    guard phase == .running else { return [.refuse(waiter, .closed)] }
    if let connection = idle.popLast() {
      connections[connection]?.state = .lent
      return [.lend(connection, waiter)]
    }
    waiters[waiter] = now
    queue.append(waiter)
    return openAsNeeded(now)
  }

  /// The waiter left by itself (its task was cancelled).
  mutating func withdraw(_ waiter: WaiterID) {
    waiters[waiter] = nil
    // Those who left stay in the queue until their turn; not without bound.
    if queue.count > 2 * waiters.count + 16 { queue.removeAll { waiters[$0] == nil } }
  }

  mutating func timedOut(_ waiter: WaiterID, now: Instant) -> [Action] {
    guard let since = waiters[waiter] else { return [] }
    let isFailing = failures > 0 && [lastFailure, backoffUntil].contains { $0.map { $0 >= since } ?? false }
    withdraw(waiter)
    return [.refuse(waiter, isFailing ? .connectFailed : .busy)]
  }

  /// - Parameter reusable: outside any transaction, with nothing under way.
  mutating func release(_ id: ConnectionID, reusable: Bool, now: Instant) -> [Action] {
    guard let connection = connections[id], connection.state == .lent else { return [] }
    let isOver = connection.expiry.map { $0 <= now } ?? false
    if reusable, !connection.isLost, !isOver, phase == .running { return offer(id, now) }
    connections[id] = nil
    return [.close(id)] + (phase == .running ? openAsNeeded(now) : drainedIfEmpty())
  }

  /// A connection that was to be lent turned out to be dead: the waiter is first again.
  mutating func lendFailed(_ id: ConnectionID, _ waiter: WaiterID, since: Instant, now: Instant) -> [Action] {
    connections[id] = nil
    guard phase == .running else { return [.close(id), .refuse(waiter, .closed)] + drainedIfEmpty() }
    if let other = idle.popLast() {
      connections[other]?.state = .lent
      return [.close(id), .lend(other, waiter)]
    }
    waiters[waiter] = since
    queue.prepend(waiter)
    return [.close(id)] + openAsNeeded(now)
  }

  // MARK: Connections

  /// - Parameter jitter: 0..<1, by which lifetimes differ.
  mutating func connected(_ id: ConnectionID, jitter: Double, now: Instant) -> [Action] {
    guard connections[id]?.state == .connecting else { return [.close(id)] }
    connecting -= 1
    failures = 0
    backoffUntil = nil
    if settings.maxLifetime > .zero {
      let lifetime = settings.maxLifetime * (1 - 0.025 * jitter)
      connections[id]?.expiry = now.advanced(by: lifetime)
    }
    return offer(id, now) + openAsNeeded(now)
  }

  /// - Parameter jitter: 0..<1, of which the pause before the next attempt depends by half.
  mutating func connectFailed(_ id: ConnectionID, jitter: Double, now: Instant) -> [Action] {
    guard connections[id]?.state == .connecting else { return [] }
    connections[id] = nil
    connecting -= 1
    lastFailure = now
    // Attempts that were under way together count as one failure.
    if backoffUntil.map({ $0 <= now }) ?? true {
      failures += 1
      backoffUntil = now.advanced(by: Self.pause(failures: failures, jitter: jitter, settings))
    }
    return openAsNeeded(now)
  }

  /// The server ended the session.
  mutating func lost(_ id: ConnectionID, now: Instant) -> [Action] {
    guard let connection = connections[id] else { return [] }
    guard case .idle = connection.state else {
      connections[id]?.isLost = true
      return []
    }
    connections[id] = nil
    idle.removeAll { $0 == id }
    return [.close(id)] + openAsNeeded(now)
  }

  // MARK: Time

  /// Closes what is idle or open for too long, and goes on opening after a pause.
  mutating func tick(now: Instant) -> [Action] {
    guard phase == .running else { return [] }
    var actions: [Action] = []
    for id in idle where connections[id]?.expiry.map({ $0 <= now }) ?? false {
      connections[id] = nil
      actions.append(.close(id))
    }
    if !actions.isEmpty { idle.removeAll { connections[$0] == nil } }
    while let id = idle.first, let end = idleEnd(of: id), end <= now {
      connections[id] = nil
      idle.removeFirst()
      actions.append(.close(id))
    }
    return actions + openAsNeeded(now)
  }

  /// When `tick` is to be called next; nil: not before another event.
  var nextTick: Instant? {
    guard phase == .running else { return nil }
    var next = idle.first.flatMap { idleEnd(of: $0) }
    func consider(_ moment: Instant?) { if let moment { next = next.map { min($0, moment) } ?? moment } }
    if settings.maxLifetime > .zero { for id in idle { consider(connections[id]?.expiry) } }
    if failures > 0, connecting == 0, wanted > 0 { consider(backoffUntil) }
    return next
  }

  // MARK: The end

  mutating func shutDown() -> [Action] {
    guard phase == .running else { return [] }
    phase = .draining
    var actions: [Action] = queue.filter { waiters[$0] != nil }.map { .refuse($0, .closed) }
    queue = []
    waiters = [:]
    for (id, connection) in connections.sorted(by: { $0.key < $1.key }) where connection.state != .lent {
      connections[id] = nil
      actions.append(.close(id))
    }
    idle = []
    connecting = 0
    return actions + drainedIfEmpty()
  }

  /// Those still lent are closed under their users.
  mutating func closeAll() -> [Action] {
    var actions = shutDown()
    for id in connections.keys.sorted() {
      connections[id] = nil
      actions.append(.close(id))
    }
    return actions + drainedIfEmpty()
  }

  // MARK: Inner rules

  static func pause(failures: Int, jitter: Double, _ settings: PoolSettings) -> Duration {
    let longest = settings.backoffBase * (1 << min(max(failures - 1, 0), 20))
    return min(longest, settings.backoffCap) * (0.5 + 0.5 * jitter)
  }

  /// To the first who waits, else to the idle ones.
  private mutating func offer(_ id: ConnectionID, _ now: Instant) -> [Action] {
    while let waiter = queue.popFirst() {
      guard waiters.removeValue(forKey: waiter) != nil else { continue }
      connections[id]?.state = .lent
      return [.lend(id, waiter)]
    }
    connections[id]?.state = .idle(since: now)
    idle.append(id)
    return []
  }

  /// How many more should be opened, were there no pause to keep.
  private var wanted: Int {
    let need = max(waiters.count - connecting, settings.minIdle - connections.count)
    return min(need, settings.max - connections.count)
  }

  private mutating func openAsNeeded(_ now: Instant) -> [Action] {
    guard phase == .running else { return [] }
    var count = wanted
    if failures > 0 {
      // While the server refuses, one attempt at a time asks whether it still does.
      guard connecting == 0, backoffUntil.map({ $0 <= now }) ?? true else { return [] }
      count = min(count, 1)
    }
    guard count > 0 else { return [] }
    return (0..<count).map { _ in
      nextConnection += 1
      connections[nextConnection] = Connection(state: .connecting)
      connecting += 1
      return .open(nextConnection)
    }
  }

  private func idleEnd(of id: ConnectionID) -> Instant? {
    guard settings.idleTimeout > .zero, connections.count > settings.minIdle,
      case .idle(let since) = connections[id]?.state
    else { return nil }
    return since.advanced(by: settings.idleTimeout)
  }

  private mutating func drainedIfEmpty() -> [Action] {
    guard phase == .draining, connections.isEmpty else { return [] }
    phase = .drained
    return [.drained]
  }
}

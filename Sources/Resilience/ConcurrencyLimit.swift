/// Bounds how much goes on at once, with a bounded queue before it: a bulkhead around calls, load shedding in front of
/// a server. Events go in with the time, actions come out; the shell carries them out in order.
///
/// It holds: never more than `maxConcurrent` inside; never more than `maxQueue` waiting; nobody waits longer than
/// `maxWait`, as long as the shell tells the time; while there is room, nobody waits.
public struct ConcurrencyLimit: Sendable {
  /// Who of those waiting is next.
  public enum Order: String, CaseIterable, Sendable {
    /// The longest waiting. Who comes to a full queue is turned away.
    case fifo
    /// The last come: under overload the first have mostly given up. Who comes to a full queue takes the place of the
    /// longest waiting.
    case lifo
  }

  /// What it goes by.
  public struct Settings: Sendable, Equatable {
    /// How many may be inside at once, 1 or more.
    public var maxConcurrent: Int
    /// How many may wait, 0 or more.
    public var maxQueue: Int
    /// How long one may wait.
    public var maxWait: Duration
    /// Who of those waiting is next.
    public var order: Order

    /// Settings of a limit.
    public init(maxConcurrent: Int, maxQueue: Int = 0, maxWait: Duration = .zero, order: Order = .fifo) {
      self.maxConcurrent = max(1, maxConcurrent)
      self.maxQueue = max(0, maxQueue)
      self.maxWait = max(.zero, maxWait)
      self.order = order
    }
  }

  /// The time.
  public typealias Instant = ContinuousClock.Instant
  /// Somebody who came in or waits; the shell chooses it, each once.
  public typealias Ticket = UInt64

  /// Why somebody was turned away.
  public enum Refusal: String, CaseIterable, Sendable {
    /// The queue is full.
    case queueFull = "queue_full"
    /// The wait was too long.
    case queueTimeout = "queue_timeout"
  }

  /// What the shell must do.
  public enum Action: Hashable, Sendable {
    /// It may go in.
    case admit(Ticket)
    /// It is turned away.
    case refuse(Ticket, Refusal)
    /// It waits, until then at most.
    case wait(Ticket, until: Instant)
  }

  private struct Waiter: Sendable {
    var ticket: Ticket
    var until: Instant
  }

  /// What it goes by.
  public let settings: Settings
  /// How many are inside.
  public private(set) var inside = 0
  /// In the order they came.
  private var queue: [Waiter] = []

  /// Nobody is inside.
  public init(_ settings: Settings) {
    self.settings = settings
  }

  /// How many wait.
  public var waiting: Int { queue.count }

  /// Somebody comes.
  public mutating func arrive(_ ticket: Ticket, at now: Instant) -> [Action] {
    var actions = expire(at: now)
    if inside < settings.maxConcurrent {
      inside += 1
      return actions + [.admit(ticket)]
    }
    guard settings.maxQueue > 0, settings.maxWait > .zero else { return actions + [.refuse(ticket, .queueFull)] }
    if queue.count >= settings.maxQueue {
      guard settings.order == .lifo else { return actions + [.refuse(ticket, .queueFull)] }
      actions.append(.refuse(queue.removeFirst().ticket, .queueFull))
    }
    let until = now + settings.maxWait
    queue.append(Waiter(ticket: ticket, until: until))
    return actions + [.wait(ticket, until: until)]
  }

  /// Somebody inside goes.
  public mutating func leave(at now: Instant) -> [Action] {
    inside = max(0, inside - 1)
    var actions = expire(at: now)
    while inside < settings.maxConcurrent, !queue.isEmpty {
      let next = settings.order == .fifo ? queue.removeFirst() : queue.removeLast()
      inside += 1
      actions.append(.admit(next.ticket))
    }
    return actions
  }

  /// Somebody waiting goes.
  /// - Returns: false when it wasn't waiting any more: then it was admitted or refused before.
  public mutating func abandon(_ ticket: Ticket) -> Bool {
    guard let index = queue.firstIndex(where: { $0.ticket == ticket }) else { return false }
    queue.remove(at: index)
    return true
  }

  /// Turns away who has waited long enough.
  public mutating func expire(at now: Instant) -> [Action] {
    // All wait equally long, so those at the end of their wait are the first of the queue.
    let count = queue.prefix { $0.until <= now }.count
    guard count > 0 else { return [] }
    defer { queue.removeFirst(count) }
    return queue.prefix(count).map { .refuse($0.ticket, .queueTimeout) }
  }
}

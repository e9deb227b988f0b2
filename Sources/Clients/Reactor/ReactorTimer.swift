/// Work to be done at a moment; see `Reactor.schedule`.
@Reactor
public final class ReactorTimer {
  let deadline: ContinuousClock.Instant
  private var body: (@Reactor () -> Void)?
  /// Where it stands in the heap; -1 when it is not (any more) in it.
  fileprivate(set) var position = -1

  init(deadline: ContinuousClock.Instant, body: @escaping @Reactor () -> Void) {
    self.deadline = deadline
    self.body = body
  }

  var isArmed: Bool { position >= 0 }

  /// Makes sure that it does not fire (again); harmless afterwards.
  public func cancel() {
    body = nil
    Reactor.loop.cancel(self)
  }

  func fire() {
    let body = self.body
    self.body = nil
    body?()
  }
}

extension Reactor {
  /// Runs `body` on the reactor after `delay` (to the next millisecond), once, unless the timer is cancelled.
  @Reactor
  public static func schedule(after delay: Duration, _ body: @escaping @Reactor () -> Void) -> ReactorTimer {
    loop.schedule(at: .now.advanced(by: delay), body)
  }
}

/// A binary heap whose members know their place, so that a cancelled timer leaves at once: nearly all are cancelled.
struct TimerHeap {
  private var timers: [ReactorTimer] = []

  var isEmpty: Bool { timers.isEmpty }

  @Reactor var next: ContinuousClock.Instant? { timers.first?.deadline }

  @Reactor
  mutating func insert(_ timer: ReactorTimer) {
    timer.position = timers.count
    timers.append(timer)
    siftUp(timer.position)
  }

  @Reactor
  mutating func remove(_ timer: ReactorTimer) {
    let position = timer.position
    guard position >= 0 else { return }
    let last = timers.count - 1
    if position != last { swapAt(position, last) }
    timers.removeLast()
    timer.position = -1
    if position < timers.count {
      siftDown(position)
      siftUp(position)
    }
  }

  @Reactor
  mutating func popDue(_ now: ContinuousClock.Instant) -> ReactorTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  @Reactor
  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard timers[child].deadline < timers[parent].deadline else { return }
      swapAt(child, parent)
      child = parent
    }
  }

  @Reactor
  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < timers.count && timers[child].deadline < timers[least].deadline { least = child }
      if least == parent { return }
      swapAt(parent, least)
      parent = least
    }
  }

  @Reactor
  private mutating func swapAt(_ a: Int, _ b: Int) {
    timers.swapAt(a, b)
    timers[a].position = a
    timers[b].position = b
  }
}

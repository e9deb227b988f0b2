import CPlatform
import Glibc

/// What a descriptor is ready for.
struct Readiness: OptionSet {
  let rawValue: UInt32
  static let read = Readiness(rawValue: UInt32(CPLATFORM_READ))
  static let write = Readiness(rawValue: UInt32(CPLATFORM_WRITE))
  /// Error or hang-up; reading or writing then tells which.
  static let broken = Readiness(rawValue: UInt32(CPLATFORM_ERROR | CPLATFORM_HANGUP))
}

/// Gets a descriptor's events on the reactor.
@Reactor
protocol ReactorHandler: AnyObject {
  func ready(_ readiness: Readiness)
}

/// Descriptors, timers and end-of-turn work of the reactor.
@Reactor
final class ReactorLoop {
  private struct Slot {
    var handler: (any ReactorHandler)?
    /// Tells a slot's present use from earlier ones: an event that was already fetched when its descriptor was closed
    /// must not reach the next descriptor in the same slot.
    var generation: UInt32 = 0
  }

  private static let capacity: Int32 = 64
  private static let wakeupToken = UInt64.max

  private let epoll: Int32
  private var events = [cplatform_event](repeating: cplatform_event(), count: Int(capacity))
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var timers = TimerHeap()
  private var endOfTurn: [@Reactor () -> Void] = []
  private var wakeup: Int32 = -1

  init() {
    epoll = cplatform_epoll_create()
    precondition(epoll >= 0, "epoll_create1: \(String(cString: strerror(errno)))")
  }

  // MARK: Descriptors

  /// Watches a descriptor until `unwatch`, which must come before the descriptor is closed.
  func watch(_ fd: Int32, _ interest: Readiness, _ handler: any ReactorHandler) -> UInt64 {
    let index: Int
    if let free = free.popLast() {
      index = free
    } else {
      index = slots.count
      slots.append(Slot())
    }
    slots[index].handler = handler
    let token = UInt64(slots[index].generation) << 32 | UInt64(index)
    let status = cplatform_epoll_add(epoll, fd, interest.rawValue, token)
    precondition(status == 0, "epoll_ctl add \(fd): \(String(cString: strerror(errno)))")
    return token
  }

  func change(_ fd: Int32, _ interest: Readiness, token: UInt64) {
    let status = cplatform_epoll_modify(epoll, fd, interest.rawValue, token)
    precondition(status == 0, "epoll_ctl modify \(fd): \(String(cString: strerror(errno)))")
  }

  /// The descriptor may already be closed (libpq changes sockets while connecting): the kernel has then removed it.
  func unwatch(_ fd: Int32, token: UInt64) {
    let index = Int(token & 0xffff_ffff)
    guard slots[index].generation == UInt32(token >> 32), slots[index].handler != nil else { return }
    _ = cplatform_epoll_remove(epoll, fd)
    slots[index].handler = nil
    slots[index].generation &+= 1
    free.append(index)
  }

  // MARK: Timers and end of turn

  /// Runs `body` at or up to 1 ms after `deadline`, once, unless the timer is cancelled.
  @discardableResult
  func schedule(at deadline: ContinuousClock.Instant, _ body: @escaping @Reactor () -> Void) -> ReactorTimer {
    let timer = ReactorTimer(deadline: deadline, body: body)
    timers.insert(timer)
    return timer
  }

  func cancel(_ timer: ReactorTimer) { timers.remove(timer) }

  /// Runs `body` once all that is ready now has been handled: writes of one turn go out together.
  func atEndOfTurn(_ body: @escaping @Reactor () -> Void) { endOfTurn.append(body) }

  // MARK: The thread's side

  func watchWakeup(_ fd: Int32) {
    wakeup = fd
    let status = cplatform_epoll_add(epoll, fd, Readiness.read.rawValue, Self.wakeupToken)
    precondition(status == 0, "epoll_ctl add: \(String(cString: strerror(errno)))")
  }

  /// Runs timers that are due, then what was left for the end of the turn.
  func runDue() {
    if !timers.isEmpty {
      let now = ContinuousClock.now
      while let timer = timers.popDue(now) { timer.fire() }
    }
    while !endOfTurn.isEmpty {
      let bodies = endOfTurn
      endOfTurn = []
      for body in bodies { body() }
    }
  }

  /// The number of ready descriptors; waits for one or the next timer when `block`.
  func wait(block: Bool) -> Int {
    var timeout: Int32 = -1
    if !block {
      timeout = 0
    } else if let next = timers.next {
      let left = ContinuousClock.now.duration(to: next).components
      // Rounded up: waking before the deadline would only mean to wait once more.
      let milliseconds = left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
      timeout = Int32(clamping: max(0, milliseconds))
    }
    let count = events.withUnsafeMutableBufferPointer {
      cplatform_epoll_wait(epoll, $0.baseAddress, Self.capacity, timeout)
    }
    precondition(count >= 0, "epoll_wait: \(String(cString: strerror(errno)))")
    return Int(count)
  }

  func dispatch(_ count: Int) {
    for index in 0..<count {
      let event = events[index]
      if event.token == Self.wakeupToken {
        cplatform_eventfd_clear(wakeup)
        continue
      }
      let slot = slots[Int(event.token & 0xffff_ffff)]
      guard slot.generation == UInt32(event.token >> 32) else { continue }
      slot.handler?.ready(Readiness(rawValue: event.events))
    }
  }
}

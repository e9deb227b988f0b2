import CPlatform
import Glibc
import HeapModule

/// Moments at which something is due. Nothing is ever taken out before its time: whoever is woken looks whether it
/// still matters, so that setting a timer costs next to nothing.
struct Timers {
  struct Entry: Comparable {
    let deadline: UInt64
    let token: Token

    static func < (a: Entry, b: Entry) -> Bool { a.deadline < b.deadline }
  }

  /// Becomes readable when the first one is due; precise to microseconds, unlike epoll's own time-out.
  let descriptor: Int32
  private var heap = Heap<Entry>()
  private var armed = UInt64.max

  init() {
    descriptor = cplatform_timerfd_create()
    precondition(descriptor >= 0, "timerfd: \(String(cString: strerror(errno)))")
  }

  var count: Int { heap.count }

  mutating func add(_ deadline: UInt64, _ token: Token) {
    heap.insert(Entry(deadline: deadline, token: token))
  }

  mutating func popDue(_ now: UInt64) -> Entry? {
    guard let first = heap.min, first.deadline <= now else { return nil }
    return heap.popMin()
  }

  /// Sets the system's timer to the first moment. Called once a turn.
  mutating func arm(now: UInt64) {
    let next = heap.min?.deadline ?? .max
    guard next != armed else { return }
    armed = next
    _ = cplatform_timerfd_set(descriptor, next == .max ? 0 : max(1, next > now ? next - now : 1))
  }

  /// The system's timer has fired.
  mutating func fired() {
    cplatform_eventfd_clear(descriptor)
    armed = .max
  }

  /// Keeps only what still has somebody to wake.
  mutating func removeAll(where isStale: (Token) -> Bool) {
    heap = Heap(heap.unordered.filter { !isStale($0.token) })
  }
}

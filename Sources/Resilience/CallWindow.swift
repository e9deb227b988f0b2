/// What became of the last calls, or of those of the last while.
struct CallWindow: Sendable {
  struct Counts: Sendable, Equatable {
    var calls = 0
    var failed = 0
    var slow = 0

    static func + (left: Self, right: Self) -> Self {
      Counts(calls: left.calls + right.calls, failed: left.failed + right.failed, slow: left.slow + right.slow)
    }
  }

  private struct Call: Sendable {
    var failed: Bool
    var slow: Bool
  }

  private enum Storage: Sendable {
    case calls([Call], next: Int, size: Int, Counts)
    case time(SlidingTime<Counts>)
  }

  private var storage: Storage

  init(_ window: CircuitBreaker.Settings.Window) {
    switch window {
    case .calls(let size): storage = .calls([], next: 0, size: max(1, size), Counts())
    // A slice a second, as Resilience4j has it.
    case .time(let span):
      let slices = min(3600, max(1, Int(span.inSeconds.rounded(.up))))
      storage = .time(SlidingTime(span: span, slices: slices, empty: Counts()))
    }
  }

  mutating func record(failed: Bool, slow: Bool, at now: ContinuousClock.Instant) {
    let one = Counts(calls: 1, failed: failed ? 1 : 0, slow: slow ? 1 : 0)
    switch storage {
    case .calls(var ring, var next, let size, var counts):
      storage = .calls([], next: 0, size: size, counts)  // The ring must be held once only, or it would be copied.
      if ring.count < size {
        ring.append(Call(failed: failed, slow: slow))
      } else {
        let old = ring[next]
        counts.calls -= 1
        if old.failed { counts.failed -= 1 }
        if old.slow { counts.slow -= 1 }
        ring[next] = Call(failed: failed, slow: slow)
      }
      next = (next + 1) % size
      storage = .calls(ring, next: next, size: size, counts + one)
    case .time(var sliding):
      sliding.update(at: now) { $0 = $0 + one }
      storage = .time(sliding)
    }
  }

  mutating func counts(at now: ContinuousClock.Instant) -> Counts {
    switch storage {
    case .calls(_, _, _, let counts): return counts
    case .time(var sliding):
      let counts = sliding.total(at: now, +)
      storage = .time(sliding)
      return counts
    }
  }
}

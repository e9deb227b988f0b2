import DequeModule
import Synchronization

/// Lets so many in at once and the rest wait in the order they came, for as long as it takes: nobody is turned away,
/// and nobody who left is noticed. That is how a company at the other end of the world behaves.
final class FIFOGate: Sendable {
  private struct State {
    var capacity: Int
    var inside = 0
    var waiting = Deque<CheckedContinuation<Void, Never>>()
  }

  private let state: Mutex<State>

  init(capacity: Int) {
    state = Mutex(State(capacity: capacity))
  }

  /// Waits for a place.
  func enter() async {
    await withCheckedContinuation { continuation in
      let mayEnter = state.withLock { state in
        guard state.inside < state.capacity else {
          state.waiting.append(continuation)
          return false
        }
        state.inside += 1
        return true
      }
      if mayEnter { continuation.resume() }
    }
  }

  /// Gives the place back; the longest waiting gets it.
  func leave() {
    resume { state in state.inside -= 1 }
  }

  /// Changes how many may be inside. Those inside stay.
  func setCapacity(_ capacity: Int) {
    resume { state in state.capacity = capacity }
  }

  /// How many wait.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  private func resume(after change: (inout sending State) -> Void) {
    let admitted = state.withLock { state in
      change(&state)
      var admitted: [CheckedContinuation<Void, Never>] = []
      while state.inside < state.capacity, let next = state.waiting.popFirst() {
        state.inside += 1
        admitted.append(next)
      }
      return admitted
    }
    for continuation in admitted { continuation.resume() }
  }
}

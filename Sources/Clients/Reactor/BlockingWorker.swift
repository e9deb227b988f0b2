import Synchronization

/// A few threads for calls that block: name resolution and `PQcancel`. They start when there is work and end when
/// there is none.
final class BlockingWorker: Sendable {
  static let names = BlockingWorker(threads: 4)
  /// Apart: a server that stands still keeps whoever wants to cancel there waiting, and nobody may lose the way to the
  /// others over that.
  static let cancels = BlockingWorker(threads: 4)

  private struct State {
    var work: [@Sendable () -> Void] = []
    var running = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  init(threads: Int) { limit = threads }

  /// Runs `body` aside. A body must end by itself: there is no way to interrupt it.
  func run(_ body: @escaping @Sendable () -> Void) {
    let start = state.withLock { state in
      state.work.append(body)
      guard state.running < limit else { return false }
      state.running += 1
      return true
    }
    if start { startThread(named: "blocking") { [self] in drain() } }
  }

  private func drain() {
    while true {
      let next: (@Sendable () -> Void)? = state.withLock { state in
        if state.work.isEmpty {
          state.running -= 1
          return nil
        }
        return state.work.removeFirst()
      }
      guard let next else { return }
      next()
    }
  }
}

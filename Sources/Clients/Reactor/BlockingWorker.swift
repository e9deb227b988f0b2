import DequeModule
import Synchronization

/// Threads for calls that block: name resolution and `PQcancel`. Work comes in lanes, each with a few threads of its
/// own, so that what stands still holds up only its own lane. Threads start when there is work and end when there is
/// none.
final class BlockingWorker: Sendable {
  /// A lane for each name: the servers of one zone may not answer.
  static let names = BlockingWorker()
  /// A lane for each server. libpq before 17 cancels only by `PQcancel`, which waits without a time-out until the
  /// server has taken the request (the key that it takes to ask without libpq is not given out): a server that is
  /// frozen keeps its threads, and nobody may lose the way to the others over that.
  static let cancels = BlockingWorker()

  private struct Lane {
    var work: Deque<@Sendable () -> Void> = []
    var running = 0
  }

  private let threads: Int
  private let mostWaiting: Int
  private let stackSize: Int?
  private let lanes = Mutex<[String: Lane]>([:])

  /// - Parameters:
  ///   - threads: of one lane.
  ///   - mostWaiting: work of one lane that waits for a thread; more is refused, so that it does not pile up without
  ///     bound behind calls that don't come back.
  ///   - stackSize: of a thread, in bytes; nil: the system's.
  init(threads: Int = 4, mostWaiting: Int = 64, stackSize: Int? = nil) {
    self.threads = threads
    self.mostWaiting = mostWaiting
    self.stackSize = stackSize
  }

  /// Lanes with work.
  var busyLanes: Int { lanes.withLock { $0.count } }

  /// Runs `body` aside. A body must end by itself: there is no way to interrupt it.
  ///
  /// - Returns: false when it will not run: the system has no thread to give, or too much work waits.
  func run(in name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    lanes.withLock { lanes in
      var lane = lanes[name] ?? Lane()
      guard lane.work.count < mostWaiting else { return false }
      // The thread's first step waits until the work is in its lane.
      if lane.running < threads, startThread(named: "blocking", stackSize: stackSize, { self.drain(name) }) {
        lane.running += 1
      }
      guard lane.running > 0 else { return false }
      lane.work.append(body)
      lanes[name] = lane
      return true
    }
  }

  private func drain(_ name: String) {
    while true {
      let next: (@Sendable () -> Void)? = lanes.withLock { lanes in
        if let next = lanes[name]?.work.popFirst() { return next }
        lanes[name]?.running -= 1
        if lanes[name]?.running == 0 { lanes[name] = nil }
        return nil
      }
      guard let next else { return }
      next()
    }
  }
}

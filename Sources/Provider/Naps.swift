import Synchronization

/// Sleeping until a moment that may come nearer meanwhile.
final class Naps: Sendable {
  private struct State {
    var count: UInt64 = 0
    var sleeping: [UInt64: Task<Void, any Error>] = [:]
  }

  private let state = Mutex(State())

  /// Sleeps until the moment that `end` names, which is asked again each time that `wake()` is called.
  /// - Throws: `CancellationError` when the task is cancelled.
  func sleep(until end: @escaping @Sendable () -> ContinuousClock.Instant) async throws {
    while true {
      let (nap, number) = state.withLock { state in
        state.count += 1
        // What is changed before this is in `end` already, what is changed after it ends the nap.
        let moment = end()
        let nap = Task { try await Task.sleep(until: moment, clock: .continuous) }
        state.sleeping[state.count] = nap
        return (nap, state.count)
      }
      let result = await withTaskCancellationHandler {
        await nap.result
      } onCancel: {
        nap.cancel()
      }
      state.withLock { _ = $0.sleeping.removeValue(forKey: number) }
      try Task.checkCancellation()
      if case .success = result { return }
    }
  }

  /// Has everybody who sleeps ask again how long.
  func wake() {
    for nap in state.withLock({ Array($0.sleeping.values) }) { nap.cancel() }
  }
}

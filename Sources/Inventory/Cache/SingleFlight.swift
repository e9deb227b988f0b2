import Synchronization

/// Lets everybody who wants the same thing at the same time share one piece of work (request coalescing).
///
/// The work belongs to nobody in particular: it goes on when whoever began it has left.
final class SingleFlight<Value: Sendable>: Sendable {
  private let flights = Mutex<[String: Task<Value, any Error>]>([:])

  /// The work under way for a key, begun now if there was none.
  /// - Returns: the work, and whether this call began it.
  func join(
    _ key: String, _ work: @escaping @Sendable () async throws -> Value
  ) -> (task: Task<Value, any Error>, isFirst: Bool) {
    flights.withLock { flights in
      if let task = flights[key] { return (task, false) }
      let task = Task {
        // Before the result is out: who comes later must find either the result in the cache or new work.
        defer { end(key) }
        return try await work()
      }
      flights[key] = task
      return (task, true)
    }
  }

  private func end(_ key: String) {
    flights.withLock { $0[key] = nil }
  }
}

/// Something took longer than it may.
public struct TimeoutError: Error {}

/// Runs `work`, which must end soon after it is cancelled, for at most `limit`.
/// - Throws: `TimeoutError`, or what `work` throws.
public func withTimeout<Value: Sendable>(
  _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask(operation: work)
    group.addTask {
      try await Task.sleep(for: limit)
      throw TimeoutError()
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw TimeoutError() }
    return first
  }
}

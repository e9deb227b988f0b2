/// Something took longer than it may.
public struct OutOfTime: Error, Equatable {
  /// That something took too long.
  public init() {}
}

/// Runs `work`, which must end soon after it is cancelled, for at most `limit`.
///
/// - Throws: `OutOfTime`, or what `work` throws.
public func bounded<Value: Sendable>(
  _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask(operation: work)
    group.addTask {
      try await Task.sleep(for: limit)
      throw OutOfTime()
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw OutOfTime() }
    return first
  }
}

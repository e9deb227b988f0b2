import Foundation

/// Runs what blocks on a thread of its own: there are only as many threads for tasks as cores.
public func aside<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

import Clients
import FleetAPI
import ServiceKit

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Sessions in Redis, so that every instance of the gateway knows them.
struct SessionStore: Sendable {
  let redis: RedisClient
  let ttl: Duration

  /// Begins a session.
  /// - Returns: its id.
  /// - Throws: `ServiceError` 503 when the store can't be reached.
  func begin() async throws -> String {
    let id = UUID().uuidString.lowercased()
    return try await asking {
      try await redis.set("session:\(id)", "1", px: ttl)
      return id
    }
  }

  /// Whether a session exists.
  /// - Throws: `ServiceError` 503 when the store can't be reached.
  func exists(_ id: String) async throws -> Bool {
    try await asking { try await redis.get("session:\(id)") != nil }
  }

  private func asking<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as RedisError where error.code != .cancelled {
      throw ServiceError(
        503, .sessionsUnavailable, "Sessions can't be looked up at the moment; ask again.", retryAfter: 1, cause: error)
    }
  }
}

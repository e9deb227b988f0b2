import Clients
import FleetAPI
import Metrics
import ServiceKit

/// Transactions on stock: they meet others on the same rows, and may lose against them.
struct StockTransactions: Sendable {
  let database: Database<InventorySQL>
  let retry: ConflictRetry

  /// Runs statements in one transaction, again from the beginning after a conflict that a retry helps against.
  /// - Throws: `ServiceError` `database_conflict` when it lost for the last time; what `body` throws.
  func run<Value: Sendable>(
    _ body: @Sendable (DatabaseTransaction<InventorySQL>) async throws -> Value
  ) async throws -> Value {
    var attempt = 0
    while true {
      do {
        return try await database.transaction(body)
      } catch {
        guard let reason = retry.reason(for: error),
          let pause = retry.pause(attempt: attempt, random: .random(in: 0...1))
        else { throw Self.refusal(error) }
        Counter(label: "db_client_transaction_retries_total", dimensions: [("pool", "inventory"), ("reason", reason)])
          .increment()
        attempt += 1
        try await Task.sleep(for: pause)
      }
    }
  }

  /// A conflict as the caller shall see it; any other error as it is.
  static func refusal(_ error: any Error) -> any Error {
    let isConflict = error is VersionConflict || (error as? PostgresError)?.isTransient ?? false
    guard isConflict else { return error }
    return ServiceError(
      500, .databaseConflict, "Another request changed the same stock at the same time, and this one lost; ask again.",
      retryAfter: 1, cause: error)
  }
}

extension ErrorCode {
  /// A transaction lost against another on the same rows (500).
  static let databaseConflict = ErrorCode(rawValue: "database_conflict")
}

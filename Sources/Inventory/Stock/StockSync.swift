import Clients
import Logging
import ServiceKit

/// The sync job: gives back holds that have run out, and reconciles stock with the reservations that are held.
///
/// What it reconciled carries the time in `stock.reconciled_at`; a count that was wrong is set right, and pieces move
/// between `reserved` and `on_hand` only, so that nothing is lost or made.
struct StockSync: Sendable {
  let database: Database<InventorySQL>
  let reservations: Reservations
  let settings: ReservationSettings
  let logger: Logger

  /// One run.
  /// - Throws: `PostgresError`, `ServiceError` `database_conflict`. What was done before the error stays done.
  func run() async throws {
    let released = try await reservations.releaseExpired()
    if released > 0 { logger.info("released expired reservations", metadata: ["count": "\(released)"]) }
    let corrected = try await reconcile()
    if !corrected.isEmpty {
      logger.warning("reserved stock was wrong", metadata: ["skus": "\(corrected.joined(separator: " "))"])
    }
  }

  /// Reconciles as many products as the settings say.
  /// - Returns: those whose count was wrong.
  func reconcile() async throws -> [String] {
    guard settings.syncProducts > 0 else { return [] }
    let due = try await database.rows(.syncProducts, settings.syncProducts).map {
      try $0.decode(at: 0, as: String.self)
    }
    let size = settings.syncBatch == 0 ? due.count : settings.syncBatch
    var corrected: [String] = []
    var rest = due[...]
    while !rest.isEmpty {
      let batch = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      guard let wrong = try await reconcile(batch) else { break }
      corrected += wrong
    }
    return corrected
  }

  /// - Returns: nil when another instance is at it.
  private func reconcile(_ skus: [String]) async throws -> [String]? {
    let transactions = StockTransactions(database: database, retry: settings.retry)
    return try await transactions.run { transaction in
      let isMine = try await transaction.rows(.syncLock).first?.decode(at: 0, as: Bool.self) ?? false
      guard isMine else { return nil }
      // Locked by a statement of its own: the next one then sees all that was committed before.
      try await transaction.rows(.syncStock, skus)
      return try await transaction.rows(.syncReconcile, skus).compactMap { row in
        let (sku, wasWrong) = try row.decode((String, Bool).self)
        return wasWrong ? sku : nil
      }
    }
  }
}

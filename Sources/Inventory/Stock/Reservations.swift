import Clients
import FleetAPI
import ServiceKit

/// Holds carts, sells what is held, and gives it back. Every change is one transaction that locks its reservation
/// first and then the stock, in the order that the SQL files say. As built in it is that of sku everywhere, so that
/// no two can wait for each other.
struct Reservations: Sendable {
  private typealias Transaction = DatabaseTransaction<InventorySQL>

  let database: Database<InventorySQL>
  let instance: String
  var settings = ReservationSettings()

  private var transactions: StockTransactions { StockTransactions(database: database, retry: settings.retry) }

  /// Holds a whole cart or nothing of it. The same id again gives the reservation as it is now.
  /// - Parameter cart: each sku once, in the order in which the caller wrote them down.
  /// - Returns: the reservation, and whether it was made by this call.
  /// - Throws: `ServiceError` 404 (unknown product), 409 (not enough, or the id was used otherwise); `PostgresError`.
  func reserve(id: String, cart: [CartItem], ttlSeconds: Int) async throws -> (Reservation, isNew: Bool) {
    let items = cart.sorted { $0.sku < $1.sku }
    return try await transactions.run { transaction in
      if try await transaction.rows(.reserveBegin, id, instance, ttlSeconds).isEmpty {
        return (try await known(id, items, transaction), false)
      }
      let prices =
        switch settings.strategy {
        case .pessimistic: try await lockAndTake(cart, items, transaction)
        case .optimistic: try await readAndUpdate(cart, items, transaction)
        }
      try await transaction.rows(.reserveItems, id, items.map(\.sku), items.map(\.quantity), prices)
      return (try await read(id, transaction), true)
    }
  }

  /// A reservation as it is now.
  /// - Throws: `ServiceError` 404; `PostgresError`.
  func find(id: String) async throws -> Reservation {
    try reservation(id, try await database.rows(.reservation, id))
  }

  /// Sells what is held. Confirming twice is fine.
  /// - Throws: `ServiceError` 404, 409 (given back already); `PostgresError`.
  func confirm(id: String) async throws -> Reservation {
    try await transactions.run { transaction in
      switch try await lock(id, transaction) {
      case nil: throw notFound(id)
      case "held":
        try await transaction.rows(.settleLock, id)
        try await transaction.rows(.settleConfirm, id)
        try await transaction.rows(.reservationMark, id, "confirmed")
      case "confirmed": break
      default: throw ServiceError(409, .wrongState, "The reservation has been given back; reserve again with a new id.")
      }
      return try await read(id, transaction)
    }
  }

  /// Gives back what is held or was sold. Releasing twice is fine. An id that never came is refused from now on: the
  /// request to reserve may still be on its way.
  /// - Throws: `PostgresError`.
  func release(id: String) async throws -> Reservation {
    try await transactions.run { transaction in
      var status = try await lock(id, transaction)
      if status == nil {
        try await transaction.rows(.reservationRefuse, id, instance)
        status = try await lock(id, transaction)
      }
      try await giveBack(id, status, transaction)
      return try await read(id, transaction)
    }
  }

  /// Gives back holds that have run out. Of all instances only one does it at a time.
  /// - Returns: how many were given back.
  /// - Throws: `PostgresError`.
  func releaseExpired() async throws -> Int {
    var count = 0
    for row in try await database.rows(.expired) {
      let id = try row.decode(at: 0, as: String.self)
      // One transaction each: several reservations in one would lock stock out of order.
      let isMine = try await transactions.run { transaction in
        let isMine = try await transaction.rows(.syncLock).first?.decode(at: 0, as: Bool.self) ?? false
        guard isMine, try await lock(id, transaction) == "held" else { return isMine }
        try await giveBack(id, "held", transaction)
        return true
      }
      guard isMine else { return count }
      count += 1
    }
    return count
  }

  /// - Returns: the prices of `items`.
  private func lockAndTake(
    _ cart: [CartItem], _ items: [CartItem], _ transaction: Transaction
  ) async throws -> [Int] {
    let skus = cart.map(\.sku)
    let rows = try await transaction.rows(.reserveLock, skus).decode((String, Int, Int).self)
    let prices = try check(items, rows)
    let taken = try await transaction.rows(.reserveTake, skus, cart.map(\.quantity))
    guard taken.count == cart.count else {
      let left = Set(skus).subtracting(try taken.map { try $0.decode(at: 0, as: String.self) })
      throw outOfStock(left.sorted().first ?? "?")
    }
    return prices
  }

  /// - Returns: the prices of `items`.
  /// - Throws: `VersionConflict`: somebody was faster.
  private func readAndUpdate(
    _ cart: [CartItem], _ items: [CartItem], _ transaction: Transaction
  ) async throws -> [Int] {
    let rows = try await transaction.rows(.reserveRead, cart.map(\.sku)).decode((String, Int, Int, Int).self)
    let prices = try check(items, rows.map { ($0.0, $0.1, $0.2) })
    let quantities = Dictionary(items.map { ($0.sku, $0.quantity) }, uniquingKeysWith: { first, _ in first })
    for (sku, _, _, version) in rows {
      let updated = try await transaction.rows(.reserveUpdate, sku, quantities[sku] ?? 0, version)
      guard !updated.isEmpty else { throw VersionConflict(sku: sku) }
    }
    return prices
  }

  /// Whether there is enough of everything; gives the prices.
  private func check(_ items: [CartItem], _ rows: [(String, Int, Int)]) throws -> [Int] {
    let found = Dictionary(rows.map { ($0.0, (onHand: $0.1, price: $0.2)) }, uniquingKeysWith: { first, _ in first })
    return try items.map { item in
      guard let stock = found[item.sku] else { throw ServiceError.unknownProduct(item.sku) }
      guard stock.onHand >= item.quantity else { throw outOfStock(item.sku) }
      return stock.price
    }
  }

  private func known(_ id: String, _ items: [CartItem], _ transaction: Transaction) async throws -> Reservation {
    let reservation = try await read(id, transaction)
    if reservation.items.isEmpty {
      throw ServiceError(409, .wrongState, "The reservation has been given up; reserve again with a new id.")
    }
    guard reservation.items.map({ CartItem(sku: $0.sku, quantity: $0.quantity) }) == items else {
      throw ServiceError(409, .idempotencyConflict, "The id was used for another cart; use a new one.")
    }
    return reservation
  }

  private func giveBack(_ id: String, _ status: String?, _ transaction: Transaction) async throws {
    let statement: InventorySQL
    switch status {
    case "held": statement = .settleRelease
    case "confirmed": statement = .settleReturn
    default: return
    }
    try await transaction.rows(.settleLock, id)
    try await transaction.rows(statement, id)
    try await transaction.rows(.reservationMark, id, "released")
  }

  private func lock(_ id: String, _ transaction: Transaction) async throws -> String? {
    try await transaction.rows(.reservationLock, id).first?.decode(at: 0, as: String.self)
  }

  private func read(_ id: String, _ transaction: Transaction) async throws -> Reservation {
    try reservation(id, try await transaction.rows(.reservation, id))
  }

  private func reservation(_ id: String, _ rows: PostgresResult) throws -> Reservation {
    guard let first = rows.first else { throw notFound(id) }
    var items: [PricedItem] = []
    for row in rows {
      let (_, _, sku, quantity, price) = try row.decode((String, String, String?, Int?, Int64?).self)
      guard let sku, let quantity, let price else { continue }
      items.append(PricedItem(sku: sku, quantity: quantity, priceCents: price))
    }
    items.sort { $0.sku < $1.sku }
    return Reservation(
      id: id, status: try first.decode(at: 0), items: items,
      totalCents: items.reduce(0) { $0 + Int64($1.quantity) * $1.priceCents }, expiresAt: try first.decode(at: 1))
  }

  private func outOfStock(_ sku: String) -> ServiceError {
    ServiceError(409, .outOfStock, "There are not enough pieces of \(sku) left.")
  }

  private func notFound(_ id: String) -> ServiceError { .notFound("There is no reservation \(id).") }
}

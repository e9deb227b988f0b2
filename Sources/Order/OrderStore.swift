import Clients
import FleetAPI
import ServiceKit

/// Orders in the database. Each change of state is one transaction, which also writes what happened to the outbox.
struct OrderStore: Sendable {
  private typealias Transaction = DatabaseTransaction<OrderSQL>

  let database: Database<OrderSQL>

  /// Whether the database answers.
  func check() async throws { try await database.check() }

  /// Writes a new order and its key down, unless the key is known.
  /// - Returns: whether it was written.
  func begin(
    _ order: NewOrder, claim: Duration
  ) async throws -> Bool {
    try await database.transaction { transaction in
      let claimed = try await transaction.rows(
        .claim, order.key, order.sessionID, order.bodyHash, order.id, claim.milliseconds)
      if claimed.isEmpty { return false }
      try await transaction.rows(.orderInsert, order.id, order.sessionID, order.reservationID)
      try await transaction.rows(.itemsInsert, order.id, order.items.map(\.sku), order.items.map(\.quantity))
      try await note("order_placed", order.id, transaction)
      return true
    }
  }

  /// What is known of a key.
  func known(_ key: String) async throws -> KnownKey? {
    guard let row = try await database.rows(.key, key).first else { return nil }
    let (session, hash, order, status, response) = try row.decode((String, String, String, Int?, String?).self)
    var reply: FinalReply?
    if let status, let response { reply = FinalReply(status: status, body: response) }
    return KnownKey(sessionID: session, bodyHash: hash, orderID: order, reply: reply)
  }

  /// Takes over an unfinished order that nobody has to itself.
  /// - Returns: whether it is ours now.
  func takeOver(_ key: String, claim: Duration) async throws -> Bool {
    try await !database.rows(.takeover, key, claim.milliseconds).isEmpty
  }

  /// Lets the next request with the key go on at once.
  func giveBack(_ key: String) async throws {
    _ = try await database.rows(.unclaim, key)
  }

  /// An order.
  func find(_ id: String) async throws -> StoredOrder? {
    try OrderRows.orders(from: try await database.rows(.order, id)).first
  }

  /// An order to be looked at, perhaps as a replica has it: nothing may be decided by it.
  func show(_ id: String) async throws -> StoredOrder? {
    try OrderRows.orders(from: try await database.read(.order, id)).first
  }

  /// The last orders of a session, newest first, to be looked at.
  func list(session: String, limit: Int) async throws -> [StoredOrder] {
    try OrderRows.orders(from: try await database.read(.ordersOfSession, session, limit))
  }

  /// The cart is held at these prices.
  func markReserved(_ order: StoredOrder, _ reservation: Reservation) async throws {
    try await database.transaction { transaction in
      try await advance(order.id, from: .pending, to: .reserved, transaction)
      let items = reservation.items
      try await transaction.rows(.itemsPrice, order.id, items.map(\.sku), items.map { Int($0.priceCents) })
      try await transaction.rows(.orderTotal, order.id, reservation.totalCents)
      try await note("order_reserved", order.id, transaction)
    }
  }

  /// The order is paid and sold: what `body` says from now on is the reply to its key.
  func markConfirmed(_ order: StoredOrder, key: String, body: String) async throws -> FinalReply {
    let reply = FinalReply(status: 201, body: body)
    try await database.transaction { transaction in
      try await advance(order.id, from: .reserved, to: .confirmed, transaction)
      try await note("order_confirmed", order.id, cents: order.totalCents, transaction)
      try await finish(key, reply, transaction)
    }
    return reply
  }

  /// The order doesn't come about.
  /// - Parameter refundCents: what was paid for it and must go back.
  func markFailed(
    _ order: StoredOrder, key: String, reply: FinalReply, refundCents: Int64 = 0
  ) async throws -> FinalReply {
    try await database.transaction { transaction in
      try await advance(order.id, from: order.status, to: .failed, transaction)
      try await note("order_failed", order.id, transaction)
      if refundCents > 0 { try await note("refund_due", order.id, cents: refundCents, transaction) }
      try await finish(key, reply, transaction)
    }
    return reply
  }

  /// The order is to be undone.
  func markCancelling(_ order: StoredOrder) async throws {
    try await database.transaction { transaction in
      try await advance(order.id, from: .confirmed, to: .cancelling, transaction)
      try await note("order_cancelling", order.id, transaction)
    }
  }

  /// The order is undone.
  func markCancelled(_ order: StoredOrder) async throws {
    try await database.transaction { transaction in
      try await advance(order.id, from: .cancelling, to: .cancelled, transaction)
      try await note("order_cancelled", order.id, transaction)
      if order.totalCents > 0 { try await note("refund_due", order.id, cents: order.totalCents, transaction) }
    }
  }

  /// Orders that were left halfway for so long.
  func unfinished(age: Duration) async throws -> [(key: String, id: String, status: OrderStatus)] {
    try await database.rows(.unfinished, age.milliseconds).decode((String, String, String).self).compactMap { row in
      OrderStatus(rawValue: row.2).map { (row.0, row.1, $0) }
    }
  }

  /// The shop's sales.
  func report() async throws -> SalesReport {
    let states = try await database.read(.reportStates).decode((String, Int64, Int64).self)
    let sellers = try await database.read(.reportSellers).decode((String, Int64, Int64).self)
    return SalesReport(
      orders: Dictionary(states.map { ($0.0, $0.1) }, uniquingKeysWith: +),
      revenueCents: states.first { $0.0 == OrderStatus.confirmed.rawValue }?.2 ?? 0,
      bestSellers: sellers.map { SalesReport.Line(sku: $0.0, pieces: $0.1, revenueCents: $0.2) })
  }

  private func advance(
    _ id: String, from old: OrderStatus, to new: OrderStatus, _ transaction: Transaction
  ) async throws {
    if try await transaction.rows(.orderAdvance, id, old.rawValue, new.rawValue).isEmpty {
      // Somebody else went on with it in the meantime: what they did counts.
      throw ServiceError(
        409, .inProgress, "Another request is changing this order; look at it again in a moment.", retryAfter: 1)
    }
  }

  private func note(_ event: String, _ id: String, cents: Int64? = nil, _ transaction: Transaction) async throws {
    let amount = cents.map { ",\"amount_cents\":\($0)" } ?? ""
    try await transaction.rows(.outbox, id, event, "{\"order_id\":\"\(id)\"\(amount)}")
  }

  private func finish(_ key: String, _ reply: FinalReply, _ transaction: Transaction) async throws {
    try await transaction.rows(.finish, key, reply.status, reply.body)
  }
}

/// An order that isn't written down yet.
struct NewOrder: Sendable {
  var id: String
  var sessionID: String
  var reservationID: String
  var key: String
  var bodyHash: String
  var items: [CartItem]
}

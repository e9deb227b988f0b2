import FleetAPI
import NIOCore
import ServiceKit

/// Takes an order from state to state: hold the cart, charge, sell. Each step may be repeated, so an order that was
/// left anywhere can be gone on with from where it stands.
struct OrderWorkflow: Sendable {
  let store: OrderStore
  let stock: StockClient
  let till: TillClient

  /// Places an order that is ours alone, from wherever it stands.
  /// - Parameter cart: its lines as the customer wrote them down; nil: as they are stored.
  /// - Returns: the final reply, which is kept with the key.
  /// - Throws: `UpstreamError`, `ServiceError` or `PostgresError` when a step's outcome is unknown; the order stays as
  ///   it is, and calling again goes on.
  func place(_ id: String, key: String, cart: [CartItem]? = nil) async throws -> FinalReply {
    guard var order = try await store.find(id) else { throw ServiceError.notFound("There is no order \(id).") }
    if order.status == .pending {
      switch try await stock.reserve(order, cart: cart) {
      case .held(let reservation):
        try await store.markReserved(order, reservation)
        order.status = .reserved
        order.items = reservation.items
        order.totalCents = reservation.totalCents
      case .refused(let error):
        return try await store.markFailed(order, key: key, reply: try Self.reply(error))
      }
    }
    guard order.status == .reserved else {
      guard let reply = try await store.known(key)?.reply else {
        throw ServiceError(409, .inProgress, "This order is being worked on; ask again.", retryAfter: 1)
      }
      return reply
    }
    return try await pay(order, key: key)
  }

  private func pay(_ order: StoredOrder, key: String) async throws -> FinalReply {
    if case .declined(let error) = try await till.charge(order, key: key) {
      try await stock.release(order.reservationID)
      return try await store.markFailed(order, key: key, reply: try Self.reply(error))
    }
    guard try await stock.confirm(order.reservationID) else {
      // The hold ended between charge and sale: the money goes back.
      return try await store.markFailed(
        order, key: key, reply: try Self.reply(StockClient.runOut), refundCents: order.totalCents)
    }
    var confirmed = order
    confirmed.status = .confirmed
    return try await store.markConfirmed(order, key: key, body: String(buffer: try JSONBody.encode(confirmed.reply)))
  }

  /// Gives up an order of which nothing was charged yet.
  func abandon(_ order: StoredOrder, key: String) async throws {
    try await stock.release(order.reservationID)
    let error = ServiceError(
      409, .wrongState, "The order couldn't be placed in time and was given up; order again with a new key.")
    _ = try await store.markFailed(order, key: key, reply: try Self.reply(error))
  }

  /// Undoes a confirmed order. Cancelling twice is fine.
  /// - Throws: `ServiceError` 409 when the order isn't one that can be cancelled; as `place` when the outcome is
  ///   unknown.
  func cancel(_ order: StoredOrder) async throws -> StoredOrder {
    var order = order
    switch order.status {
    case .cancelled: return order
    case .confirmed:
      try await store.markCancelling(order)
      order.status = .cancelling
    case .cancelling: break
    case .pending, .reserved:
      throw ServiceError(
        409, .wrongState, "The order is still being placed; cancel it when it is confirmed.", retryAfter: 1)
    case .failed:
      throw ServiceError(409, .wrongState, "The order failed; there is nothing to cancel.")
    }
    try await stock.release(order.reservationID)
    try await store.markCancelled(order)
    order.status = .cancelled
    return order
  }

  private static func reply(_ error: ServiceError) throws -> FinalReply {
    let body = try JSONBody.encode(ErrorReply(error.code, error.message))
    return FinalReply(status: error.status, body: String(buffer: body))
  }
}

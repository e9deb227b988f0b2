import FleetAPI

/// An order as the database has it.
struct StoredOrder: Sendable {
  var id: String
  var sessionID: String
  var status: OrderStatus
  var totalCents: Int64
  var reservationID: String
  var createdAt: String
  var items: [PricedItem]

  /// What its session sees of it.
  var reply: OrderReply {
    OrderReply(id: id, status: status.rawValue, items: items, totalCents: totalCents, createdAt: createdAt)
  }
}

/// The states of an order.
enum OrderStatus: String, Sendable {
  /// Written down; whether its cart is held isn't known.
  case pending
  /// Its cart is held; whether it is paid isn't known.
  case reserved
  /// Paid and sold.
  case confirmed
  /// To be undone; whether its stock is back isn't known.
  case cancelling
  /// Undone; its stock is back.
  case cancelled
  /// Never came about; nothing is held for it.
  case failed
}

/// A final reply to `POST /orders`, kept with the key to be given again byte for byte.
struct FinalReply: Sendable, Equatable {
  var status: Int
  var body: String
}

/// What is known of an idempotency key.
struct KnownKey: Sendable {
  var sessionID: String
  var bodyHash: String
  var orderID: String
  /// nil while the order is being placed.
  var reply: FinalReply?
}

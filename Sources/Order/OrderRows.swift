import Clients
import FleetAPI

/// Turns rows of orders joined with their lines into orders.
enum OrderRows {
  /// The orders of these rows, in the order of the rows; the rows of one order stand together.
  static func orders(from rows: PostgresResult) throws -> [StoredOrder] {
    var orders: [StoredOrder] = []
    for row in rows {
      let (id, session, status, total, reservation, created, sku, quantity, price) = try row.decode(
        (String, String, String, Int64, String, String, String, Int, Int64).self)
      if orders.last?.id != id {
        guard let status = OrderStatus(rawValue: status) else {
          throw PostgresError(code: .typeMismatch, message: "an order has the unknown state \(status)")
        }
        orders.append(
          StoredOrder(
            id: id, sessionID: session, status: status, totalCents: total, reservationID: reservation,
            createdAt: created, items: []))
      }
      orders[orders.count - 1].items.append(PricedItem(sku: sku, quantity: quantity, priceCents: price))
    }
    return orders
  }
}

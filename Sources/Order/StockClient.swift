import FleetAPI
import NIOHTTP1
import ServiceKit

/// The inventory as an order sees it. Every call may be repeated: the reservation's id makes it safe.
struct StockClient: Sendable {
  /// What became of a request to hold a cart.
  enum Hold: Sendable {
    /// It is held at these prices.
    case held(Reservation)
    /// It isn't and won't be.
    case refused(ServiceError)
  }

  let client: UpstreamClient
  let ttl: Duration

  /// Holds an order's cart.
  /// - Parameter cart: its lines in the customer's order; nil: in that of the stored order.
  /// - Throws: `UpstreamError` or `ServiceError` 5xx when the outcome is unknown.
  func reserve(_ order: StoredOrder, cart: [CartItem]? = nil) async throws -> Hold {
    let request = ReservationRequest(
      id: order.reservationID, items: cart ?? order.items.map { CartItem(sku: $0.sku, quantity: $0.quantity) },
      ttlSeconds: max(1, ttl.milliseconds / 1000))
    let reply = try await client.send(.POST, "/reservations", json: try JSONBody.encode(request), isRepeatable: true)
    guard reply.isOK else {
      let refusal = reply.refusal(by: client.service)
      // 4xx says that nothing is held; anything else leaves it open.
      if (400..<500).contains(refusal.status) && refusal.status != 408 && refusal.status != 429 {
        return .refused(refusal)
      }
      throw refusal
    }
    guard let reservation = try? JSONBody.decode(Reservation.self, from: reply.body) else {
      throw ServiceError(502, .upstreamUnreachable, "The inventory's answer can't be understood.")
    }
    guard reservation.status != "released" else { return .refused(Self.runOut) }
    return .held(reservation)
  }

  /// Sells what is held.
  /// - Returns: false when it is held no longer.
  /// - Throws: `UpstreamError` or `ServiceError` 5xx when the outcome is unknown.
  func confirm(_ reservationID: String) async throws -> Bool {
    let reply = try await client.send(.POST, "/reservations/\(reservationID)/confirm", isRepeatable: true)
    if reply.isOK { return true }
    if reply.status == 409 || reply.status == 404 { return false }
    throw reply.refusal(by: client.service)
  }

  /// Gives back what is held or was sold.
  /// - Throws: `UpstreamError` or `ServiceError` when the outcome is unknown.
  func release(_ reservationID: String) async throws {
    let reply = try await client.send(.DELETE, "/reservations/\(reservationID)")
    if !reply.isOK { throw reply.refusal(by: client.service) }
  }

  /// The hold on a cart ended before the order was placed.
  static let runOut = ServiceError(
    409, .wrongState, "The cart was held for too long and has been given back; order again with a new key.")
}

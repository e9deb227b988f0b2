import Crypto
import FleetAPI
import NIOCore
import ServiceKit

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Takes orders in: each idempotency key gives one order and one reply, however often and at however many instances it
/// is sent at once.
struct OrderDesk: Sendable {
  let store: OrderStore
  let workflow: OrderWorkflow
  let claim: Duration
  let repeatWait: Duration

  /// Places an order, or gives the reply of the first request with the same key again.
  /// - Parameter items: each sku once, in the order in which the customer put them in.
  /// - Throws: `ServiceError` 409 when the key was used for another order or its first request isn't finished;
  ///   `UpstreamError`, `ServiceError` or `PostgresError` when the outcome is unknown: send the same again.
  func place(session: String, key: String, items: [CartItem]) async throws -> FinalReply {
    let order = NewOrder(
      id: UUID().uuidString.lowercased(), sessionID: session, reservationID: UUID().uuidString.lowercased(), key: key,
      bodyHash: try Self.hash(items), items: items)
    if try await store.begin(order, claim: claim) { return try await work(order.id, key: key, cart: items) }

    let deadline = ContinuousClock.now + repeatWait
    var pause = Duration.milliseconds(10)
    while true {
      guard let known = try await store.known(key) else {
        throw ServiceError(
          409, .inProgress, "The first request with this key isn't finished; ask again.", retryAfter: 1)
      }
      guard known.sessionID == session, known.bodyHash == order.bodyHash else {
        throw ServiceError(409, .idempotencyConflict, "This key was used for another order; use a new key.")
      }
      if let reply = known.reply { return reply }
      if try await store.takeOver(key, claim: claim) { return try await work(known.orderID, key: key, cart: items) }
      guard ContinuousClock.now + pause < deadline else {
        throw ServiceError(
          409, .inProgress, "The first request with this key isn't finished; ask again.", retryAfter: 1)
      }
      // Nothing is held while waiting; the first request may be at any instance, so the database is where it shows.
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(250))
    }
  }

  /// Cancels an order of the session.
  /// - Throws: `ServiceError` 404 when it has no such order; as `OrderWorkflow.cancel`.
  func cancel(session: String, id: String) async throws -> StoredOrder {
    try await workflow.cancel(try own(try await store.find(id), session, id))
  }

  /// An order of the session, to be looked at.
  /// - Throws: `ServiceError` 404 when it has no such order. Others' orders are none.
  func show(session: String, id: String) async throws -> StoredOrder {
    try own(try await store.show(id), session, id)
  }

  private func own(_ order: StoredOrder?, _ session: String, _ id: String) throws -> StoredOrder {
    guard let order, order.sessionID == session else {
      throw ServiceError.notFound("There is no order \(id) in this session.")
    }
    return order
  }

  private func work(_ id: String, key: String, cart: [CartItem]) async throws -> FinalReply {
    do {
      return try await workflow.place(id, key: key, cart: cart)
    } catch {
      // If this fails too, the claim runs out by itself.
      try? await store.giveBack(key)
      throw error
    }
  }

  /// Equal carts give equal hashes, however they were written and whatever was put in first.
  static func hash(_ items: [CartItem]) throws -> String {
    let bytes = try JSONBody.encode(OrderRequest(items: items.sorted { $0.sku < $1.sku }))
    let digits = Array("0123456789abcdef")
    return SHA256.hash(data: Array(bytes.readableBytesView)).reduce(into: "") {
      $0.append(digits[Int($1 >> 4)])
      $0.append(digits[Int($1 & 15)])
    }
  }
}

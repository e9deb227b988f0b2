import FleetAPI
import NIOHTTP1
import ServiceKit

/// Payment as an order sees it. A charge may be repeated: its key makes it safe.
struct TillClient: Sendable {
  /// What became of a charge.
  enum Outcome: Sendable {
    /// It is paid.
    case charged
    /// It isn't and won't be.
    case declined(ServiceError)
  }

  let client: UpstreamClient

  /// Charges an order.
  /// - Throws: `UpstreamError` or `ServiceError` 5xx when the outcome is unknown.
  func charge(_ order: StoredOrder, key: String) async throws -> Outcome {
    let request = ChargeRequest(orderID: order.id, amountCents: order.totalCents, idempotencyKey: key)
    let reply = try await client.send(.POST, "/charges", json: try JSONBody.encode(request), isRepeatable: true)
    if reply.isOK { return .charged }
    let refusal = reply.refusal(by: client.service)
    // 402 is the till's last word, and with 409 the key has paid for something else: nothing was charged for this
    // order.
    if refusal.status == 402 || refusal.status == 409 { return .declined(refusal) }
    throw refusal.status >= 500
      ? refusal : ServiceError(502, .upstreamUnreachable, "The payment service refused the charge.", cause: refusal)
  }
}

import Clients
import FleetAPI
import HTTPTypes
import NIOHTTP1
import ServiceKit

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Charges, written down before the provider is asked: what happened can always be found out by asking with the same
/// key.
struct Charges: Sendable {
  let database: Database<PaymentSQL>
  let provider: UpstreamClient

  /// Charges once for each key.
  /// - Returns: the charge, and whether it was made by this call.
  /// - Throws: `ServiceError` 402 (declined), 409 (the key was used otherwise), 502 and 504 (unknown: ask again with
  ///   the same key); `PostgresError`.
  func charge(_ request: ChargeRequest) async throws -> (Charge, isNew: Bool) {
    let id = UUID().uuidString.lowercased()
    let key = request.idempotencyKey
    _ = try await database.rows(.chargeInsert, id, request.orderID, key, request.amountCents)
    var charge = try await find(key)
    guard charge.orderID == request.orderID, charge.amountCents == request.amountCents else {
      throw ServiceError(409, .idempotencyConflict, "The key was used for another charge; use a new one.")
    }
    switch charge.status {
    case "charged": return (charge, false)
    case "declined": throw declined
    default: break
    }
    // No connection is held from here to the provider's answer.
    let reply = try await ask(key: key, amountCents: request.amountCents)
    switch reply.status {
    case 200, 201:
      guard let made = try? JSONBody.decode(ProviderCharge.self, from: reply.body) else { throw failure("no charge") }
      _ = try await database.rows(.chargeSettle, key, "charged", made.id)
      charge.status = "charged"
      charge.providerID = made.id
      return (charge, true)
    case 402:
      _ = try await database.rows(.chargeSettle, key, "declined", String?.none)
      throw declined
    default:
      throw failure(reply.error?.message ?? "status \(reply.status)")
    }
  }

  private func failure(_ answer: String) -> ServiceError {
    ServiceError(
      502, .providerError, "The payment company failed; ask again with the same key.", retryAfter: 1,
      cause: ProviderFailure(description: "provider answered: \(answer)"))
  }

  private func ask(key: String, amountCents: Int64) async throws -> UpstreamReply {
    let body = try JSONBody.encode(ProviderChargeRequest(amountCents: amountCents))
    return try await provider.send(.POST, "/v1/charges", headers: [.idempotencyKey: key], json: body)
  }

  private func find(_ key: String) async throws -> Charge {
    guard let row = try await database.rows(.charge, key).first else {
      throw ServiceError.notFound("There is no charge with this key.")
    }
    let (id, order, amount, status, providerID) = try row.decode((String, String, Int64, String, String?).self)
    return Charge(id: id, orderID: order, amountCents: amount, status: status, providerID: providerID)
  }

  private var declined: ServiceError { ServiceError(402, .paymentDeclined, "The payment was declined.") }

  private struct ProviderFailure: Error, CustomStringConvertible { var description: String }
}

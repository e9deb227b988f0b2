import FleetAPI
import Hummingbird
import ServiceKit

/// Payment's HTTP API, for the other services.
struct PaymentRoutes {
  let charges: Charges

  func add(to router: FleetRouter) {
    router.post("/charges") { request, _ in
      var body = try await JSONBody.decode(ChargeRequest.self, from: request)
      body.orderID = try Validation.uuid(body.orderID, field: "order_id")
      guard (0...1_000_000_000_000).contains(body.amountCents) else {
        throw ServiceError.invalid("amount_cents must be from 0 to 1000000000000.")
      }
      guard IdempotencyKey.isAllowed(body.idempotencyKey) else {
        throw ServiceError.invalid("idempotency_key must be 1 to 200 printable ASCII characters.")
      }
      let (charge, isNew) = try await charges.charge(body)
      return JSONBody.response(charge, status: isNew ? .created : .ok)
    }
  }
}

import FleetAPI
import HTTPTypes
import Hummingbird
import ServiceKit

/// The provider's HTTP API.
struct ProviderRoutes {
  let simulator: Simulator
  let token: String?

  func add(to router: FleetRouter) {
    router.post("/v1/charges") { request, context in try await charge(request, context) }
    router.get("/v1/ledger") { request, _ in
      try authorize(request)
      return JSONBody.response(ProviderLedger(charges: simulator.ledger.charges))
    }
    router.get("/v1/behaviour") { request, _ in
      try authorize(request)
      return JSONBody.response(simulator.behaviour.described())
    }
    router.put("/v1/behaviour") { request, _ in
      try authorize(request)
      let change = try await JSONBody.decode(BehaviourChange.self, from: request)
      try simulator.apply(change, lease: request.uri.queryParameters["lease"].map(String.init) ?? "")
      return JSONBody.response(simulator.behaviour.described())
    }
    router.delete("/v1/behaviour") { request, _ in
      try authorize(request)
      simulator.heal(lease: request.uri.queryParameters["lease"].map(String.init))
      return JSONBody.response(simulator.behaviour.described())
    }
    router.get("/v1/statistics") { request, _ in
      try authorize(request)
      return JSONBody.response(simulator.statistics)
    }
  }

  private func charge(_ request: Request, _ context: FleetRequestContext) async throws -> Response {
    let key = try IdempotencyKey.required(in: request)
    let body = try await JSONBody.decode(ProviderChargeRequest.self, from: request)
    guard body.amountCents >= 0 else { throw ServiceError.invalid("amount_cents must be 0 or more.") }
    switch try await simulator.charge(key: key, amountCents: body.amountCents, channel: context.channel) {
    case .charged(let charge): return JSONBody.response(charge, status: .created)
    case .known(let charge): return JSONBody.response(charge)
    case .conflict:
      throw ServiceError(409, .idempotencyConflict, "This key was used for another amount; use a new key.")
    }
  }

  /// The admin routes need the token; compared without stopping at the first difference, so that time tells nothing.
  private func authorize(_ request: Request) throws {
    let refusal = ServiceError(401, .unauthorized, "Send the header Authorization: Bearer <token>.")
    guard let token, let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { throw refusal }
    let given = Array(header.dropFirst(7).utf8)
    let wanted = Array(token.utf8)
    guard given.count == wanted.count else { throw refusal }
    let difference = zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
    guard difference == 0 else { throw refusal }
  }
}

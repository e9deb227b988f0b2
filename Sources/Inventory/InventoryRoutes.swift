import FleetAPI
import Hummingbird
import ServiceKit

/// The inventory's HTTP API, for the other services.
struct InventoryRoutes {
  let catalogue: Catalogue
  let reservations: Reservations

  func add(to router: FleetRouter) {
    router.get("/products") { request, _ in
      let limit = try Validation.limit(in: request, default: 50)
      return JSONBody.response(bytes: try await catalogue.list(limit: limit))
    }
    router.get("/products/:sku") { _, context in
      JSONBody.response(bytes: try await catalogue.product(try sku(context)))
    }
    router.get("/stock/:sku") { _, context in
      JSONBody.response(try await catalogue.stock(try sku(context)))
    }
    router.post("/reservations") { request, _ in
      let body = try await JSONBody.decode(ReservationRequest.self, from: request)
      let ttl = body.ttlSeconds ?? 60
      guard (1...86_400).contains(ttl) else { throw ServiceError.invalid("ttl_seconds must be from 1 to 86400.") }
      let id = try Validation.uuid(body.id, field: "id")
      _ = try Validation.cart(body.items)
      let (reservation, isNew) = try await reservations.reserve(id: id, cart: body.items, ttlSeconds: ttl)
      return JSONBody.response(reservation, status: isNew ? .created : .ok)
    }
    router.get("/reservations/:id") { _, context in
      JSONBody.response(try await reservations.find(id: try id(context)))
    }
    router.post("/reservations/:id/confirm") { _, context in
      JSONBody.response(try await reservations.confirm(id: try id(context)))
    }
    router.delete("/reservations/:id") { _, context in
      JSONBody.response(try await reservations.release(id: try id(context)))
    }
  }

  private func sku(_ context: FleetRequestContext) throws -> String {
    let sku = context.parameters.get("sku") ?? ""
    guard Validation.isSKU(sku) else { throw ServiceError.unknownProduct(sku) }
    return sku
  }

  private func id(_ context: FleetRequestContext) throws -> String {
    let text = context.parameters.get("id") ?? ""
    guard let id = try? Validation.uuid(text, field: "id") else {
      throw ServiceError.notFound("There is no reservation \(text.prefix(64)); a reservation's id is a UUID.")
    }
    return id
  }
}

import FleetAPI
import Hummingbird
import NIOCore
import ServiceKit

/// The order service's HTTP API, for the gateway.
struct OrderRoutes {
  let desk: OrderDesk
  let store: OrderStore

  func add(to router: FleetRouter) {
    router.post("/orders") { request, _ in
      let session = try SessionID.required(in: request)
      let key = try IdempotencyKey.required(in: request)
      let items = try await JSONBody.decode(OrderRequest.self, from: request).items
      _ = try Validation.cart(items)
      let reply = try await desk.place(session: session, key: key, items: items)
      return JSONBody.response(bytes: ByteBuffer(string: reply.body), status: .init(code: reply.status))
    }
    router.get("/orders") { request, _ in
      let session = try SessionID.required(in: request)
      let limit = try Validation.limit(in: request, default: 50)
      return JSONBody.response(OrderList(orders: try await store.list(session: session, limit: limit).map(\.reply)))
    }
    router.get("/orders/:id") { request, context in
      let session = try SessionID.required(in: request)
      return JSONBody.response(try await desk.show(session: session, id: try id(context)).reply)
    }
    router.post("/orders/:id/cancel") { request, context in
      let session = try SessionID.required(in: request)
      return JSONBody.response(try await desk.cancel(session: session, id: try id(context)).reply)
    }
    router.get("/admin/report") { _, _ in JSONBody.response(try await store.report()) }
  }

  private func id(_ context: FleetRequestContext) throws -> String {
    let text = context.parameters.get("id") ?? ""
    guard let id = try? Validation.uuid(text, field: "id") else {
      throw ServiceError.notFound("There is no order \(text.prefix(64)); an order's id is a UUID.")
    }
    return id
  }
}

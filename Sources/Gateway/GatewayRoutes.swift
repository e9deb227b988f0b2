import FleetAPI
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import ServiceKit

/// The shop's public HTTP API.
struct GatewayRoutes {
  let inventory: UpstreamClient
  let orders: UpstreamClient
  let sessions: SessionStore
  let limiter: RateLimiter?
  let cache: ReplyCache?

  func add(to router: FleetRouter) {
    router.get("/products") { request, _ in
      try limit(SessionID.find(in: request))
      let limit = try Validation.limit(in: request, default: 50)
      return try await products("/products?limit=\(limit)")
    }
    router.get("/products/:sku") { request, context in
      try limit(SessionID.find(in: request))
      let sku = context.parameters.get("sku") ?? ""
      guard Validation.isSKU(sku) else { throw ServiceError.unknownProduct(sku) }
      return try await products("/products/\(sku)")
    }
    router.get("/products/:sku/stock") { request, context in
      try limit(SessionID.find(in: request))
      let sku = context.parameters.get("sku") ?? ""
      guard Validation.isSKU(sku) else { throw ServiceError.unknownProduct(sku) }
      return try await products("/stock/\(sku)")
    }
    router.post("/sessions") { request, _ in try await beginSession(request) }
    router.post("/orders") { request, _ in
      let session = try await session(of: request)
      let key = try IdempotencyKey.required(in: request)
      let body = try await JSONBody.bytes(of: request)
      return try await order(request, .POST, "/orders", session, headers: [.idempotencyKey: key], json: body)
    }
    router.get("/orders") { request, _ in
      let session = try await session(of: request)
      let limit = try Validation.limit(in: request, default: 50)
      return try await order(request, .GET, "/orders?limit=\(limit)", session)
    }
    router.get("/orders/:id") { request, context in
      let session = try await session(of: request)
      return try await order(request, .GET, "/orders/\(try id(context))", session)
    }
    router.post("/orders/:id/cancel") { request, context in
      let session = try await session(of: request)
      // Cancelling twice is fine.
      return try await order(request, .POST, "/orders/\(try id(context))/cancel", session, isRepeatable: true)
    }
    router.get("/admin/report") { request, _ in
      try await orders.send(.GET, "/admin/report", headers: readAfter(request)).passedOn()
    }
  }

  private func products(_ path: String) async throws -> Response {
    if let kept = cache?.find(path) { return JSONBody.response(bytes: kept) }
    let reply = try await inventory.send(.GET, path)
    if reply.isOK { cache?.keep(path, reply.body) }
    return reply.passedOn()
  }

  private func beginSession(_ request: Request) async throws -> Response {
    let body = try await JSONBody.bytes(of: request)
    // A body isn't needed; one that is sent must be an object.
    if body.readableBytes > 0 { _ = try JSONBody.decode([String: AnyJSON].self, from: body) }
    let id = try await sessions.begin()
    let cookie = Cookie(name: "session", value: id, path: "/", httpOnly: true, sameSite: .lax)
    return JSONBody.response(
      SessionReply(id: id), status: .created, headers: [.setCookie: cookie.description])
  }

  /// What the user has seen written, for the service whose replicas must have it.
  private func readAfter(_ request: Request, _ headers: HTTPFields = [:]) -> HTTPFields {
    var headers = headers
    if let tokens = ReadAfterFields.tokens(in: request) { headers[.xReadAfter] = tokens }
    return headers
  }

  private func order(
    _ request: Request, _ method: HTTPMethod, _ path: String, _ session: String, headers: HTTPFields = [:],
    json: ByteBuffer? = nil, isRepeatable: Bool? = nil
  ) async throws -> Response {
    var headers = readAfter(request, headers)
    headers[.xSession] = session
    return try await orders.send(method, path, headers: headers, json: json, isRepeatable: isRepeatable).passedOn()
  }

  /// The request's session, known to exist and within its limit.
  private func session(of request: Request) async throws -> String {
    let id = try SessionID.required(in: request)
    try limit(id)
    guard try await sessions.exists(id) else { throw SessionID.refusal }
    return id
  }

  private func limit(_ session: String?) throws {
    guard let limiter, let session, !limiter.admit(session) else { return }
    throw ServiceError(
      429, .rateLimited, "This session may make \(limiter.perSecond) requests a second; ask again later.", retryAfter: 1
    )
  }

  private func id(_ context: FleetRequestContext) throws -> String {
    let text = context.parameters.get("id") ?? ""
    guard let id = try? Validation.uuid(text, field: "id") else {
      throw ServiceError.notFound("There is no order \(text.prefix(64)); an order's id is a UUID.")
    }
    return id
  }
}

/// JSON of any kind, only to see that it is JSON.
private struct AnyJSON: Decodable {
  init(from decoder: any Decoder) throws {}
}

import FleetAPI
import HTTPTypes
import Hummingbird
import ServiceKit

/// The API through which faults come and go. Everything in it needs the token: also that there is a fault is told only
/// to who judges.
struct ControlRoutes {
  let engine: ProxyEngine
  let token: String?

  func add(to router: FleetRouter) {
    router.get("/v1/links") { request, _ in
      try authorize(request)
      return JSONBody.response(LinksReply(links: try await ask { loop in loop.links.map { loop.describe($0) } }))
    }
    router.get("/v1/connections") { request, _ in
      try authorize(request)
      return JSONBody.response(
        try await ask { loop in
          ConnectionsReply(open: loop.openCount, held: loop.heldBytes, links: loop.links.map { $0.reply })
        })
    }
    router.get("/v1/toxics") { request, _ in
      try authorize(request)
      return JSONBody.response(
        try await ask { loop in
          let now = loop.now
          return ToxicsReply(toxics: loop.toxics.map { ToxicReply($0, now: now) })
        })
    }
    router.post("/v1/toxics") { request, _ in
      try authorize(request)
      return try await begin(try await JSONBody.decode(ToxicRequest.self, from: request))
    }
    router.delete("/v1/toxics") { request, _ in
      try authorize(request)
      return JSONBody.response(RemovedReply(removed: try await ask { $0.endToxics { _ in true } }))
    }
    router.delete("/v1/toxics/{id}") { request, context in
      try authorize(request)
      let id = context.parameters.get("id") ?? ""
      return JSONBody.response(RemovedReply(removed: try await ask { $0.endToxics { $0.toxic.id == id } }))
    }
  }

  private func begin(_ request: ToxicRequest) async throws -> Response {
    let (beginning, reply, links) = try await ask { loop in
      var toxic = request.toxic
      if request.needsID { toxic.id = loop.freeToxicID() }
      let beginning = loop.begin(toxic)
      let now = loop.now
      let reply = loop.toxics.first { $0.toxic.id == toxic.id }.map { ToxicReply($0, now: now) }
      return (beginning, reply, loop.links.map(\.spec.name))
    }
    switch beginning {
    case .begun: return JSONBody.response(reply, status: .created)
    case .renewed: return JSONBody.response(reply)
    case .conflict:
      throw ServiceError(
        409, .wrongState, "There is another toxic \(request.toxic.id); end it first, or take another id.")
    case .unknownLink:
      throw ServiceError.invalid("link must be one of \(links.joined(separator: ", ")).")
    }
  }

  private func ask<Value: Sendable>(_ body: @escaping @Sendable (ProxyLoop) throws -> Value) async throws -> Value {
    do {
      return try await engine.ask(body)
    } catch is ProxyEngine.Stopped {
      throw ServiceError(503, .notReady, "This instance is shutting down; ask again.", retryAfter: 1)
    }
  }

  /// Compared without stopping at the first difference, so that time tells nothing.
  private func authorize(_ request: Request) throws {
    let refusal = ServiceError(401, .unauthorized, "Send the header Authorization: Bearer <token>.")
    guard let token, let header = request.headers[.authorization], header.hasPrefix("Bearer ") else { throw refusal }
    let given = Array(header.dropFirst(7).utf8)
    let wanted = Array(token.utf8)
    guard !wanted.isEmpty, given.count == wanted.count else { throw refusal }
    guard zip(given, wanted).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { throw refusal }
  }
}

extension ProxyLoop {
  func describe(_ link: Link) -> LinksReply.Link {
    LinksReply.Link(
      name: link.spec.name, port: link.port, target: link.spec.target.description, accepting: !link.refuses,
      toxics: toxics.count { $0.toxic.link == link.spec.name })
  }

  func freeToxicID() -> String {
    var number = toxicsBegun
    while toxics.contains(where: { $0.toxic.id == "toxic-\(number)" }) { number += 1 }
    return "toxic-\(number)"
  }
}

import Clients
import FleetAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import Testing

@testable import Gateway

@Suite struct GatewayTests {
  /// Nobody listens on port 1 of loopback.
  private let nobody = InstanceSource.list([Endpoint(host: "127.0.0.1", port: 1)])

  private func application(inventory: InstanceSource? = nil, timeout: Duration = .seconds(2))
    -> some ApplicationProtocol
  {
    let host = ServiceHost(
      name: "gateway", common: CommonSettings(instance: "gateway-1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    var settings = GatewaySettings(
      redis: RedisSettings(connection: RedisConfiguration(host: "127.0.0.1", port: 1)), inventory: inventory ?? nobody,
      order: nobody)
    settings.inventoryPolicy.timeout = timeout
    return host.application(GatewayService.build(settings, host: host))
  }

  private func code(_ response: TestResponse) throws -> ErrorCode {
    try JSONBody.decode(ErrorReply.self, from: response.body).error.code
  }

  @Test func anUnreachableUpstreamGives502() async throws {
    try await application().test(.router) { client in
      let response = try await client.execute(uri: "/products/SKU-0001", method: .get)
      #expect(response.status.code == 502)
      #expect(try code(response) == .upstreamUnreachable)
      #expect(response.headers[.xInstance] == "gateway-1")
    }
  }

  @Test func noInstanceGives502() async throws {
    try await application(inventory: .list([])).test(.router) { client in
      try await expect(502, client, uri: "/products", method: .get)
    }
  }

  @Test func orderRoutesNeedASession() async throws {
    try await application().test(.router) { client in
      for (method, uri) in [
        (HTTPRequest.Method.post, "/orders"), (.get, "/orders"), (.get, "/orders/x"), (.post, "/orders/x/cancel"),
      ] {
        let response = try await client.execute(uri: uri, method: method)
        #expect(response.status == .unauthorized)
        #expect(try code(response) == .unauthorized)
      }
      try await expect(401, client, uri: "/orders", method: .get, headers: [.cookie: "session=a%20b"])
    }
  }

  @Test(arguments: ["/products?limit=0", "/products?limit=501", "/products?limit=x"])
  func limitsOutOfRangeAreRefused(uri: String) async throws {
    try await application().test(.router) { client in
      try await expect(422, client, uri: uri, method: .get)
    }
  }

  @Test(arguments: ["/products/%2e%2e", "/products/a%20b", "/products/a%0d%0ab"])
  func whatCannotBeASKUIsUnknown(uri: String) async throws {
    try await application().test(.router) { client in
      let response = try await client.execute(uri: uri, method: .get)
      #expect(response.status == .notFound)
      #expect(try code(response) == .unknownProduct)
    }
  }

  /// A real HTTP server stands in for the inventory's place; what it answers is the point here, not what it is.
  private func withUpstream(
    answering answer: @escaping @Sendable (Request) async throws -> Response,
    _ body: @escaping @Sendable (InstanceSource) async throws -> Void
  ) async throws {
    let router = Router()
    router.get("/**") { request, _ in try await answer(request) }
    let server = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
    try await server.test(.live) { client in
      try await body(.list([Endpoint(host: "127.0.0.1", port: try #require(client.port))]))
    }
  }

  @Test func anErrorOfTheUpstreamIsPassedOnAsItIs() async throws {
    let text = #"{"error":{"code":"database_unavailable","message":"This instance can't connect to its database."}}"#
    @Sendable func answer(_ request: Request) async throws -> Response {
      let traceparent = request.headers[.traceparent] ?? ""
      #expect(traceparent.contains("0af7651916cd43dd8448eb211c80319c"))
      return JSONBody.response(
        bytes: ByteBuffer(string: text), status: .internalServerError, headers: [.xInstance: "inventory-101"])
    }
    try await withUpstream(answering: answer) { source in
      try await application(inventory: source).test(.router) { client in
        let headers: HTTPFields = [.traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
        let response = try await client.execute(uri: "/products/SKU-0001", method: .get, headers: headers)
        #expect(response.status == .internalServerError)
        #expect(String(buffer: response.body) == text)
        #expect(response.headers[.xInstance] == "gateway-1")
        #expect(response.headers[.xUpstreamInstance] == "inventory-101")
      }
    }
  }

  @Test func aBareErrorOfTheUpstreamGetsABody() async throws {
    try await withUpstream(answering: { _ in Response(status: .internalServerError) }) { source in
      try await application(inventory: source).test(.router) { client in
        let response = try await client.execute(uri: "/products/SKU-0001", method: .get)
        #expect(response.status == .internalServerError)
        #expect(try code(response) == .upstreamUnreachable)
      }
    }
  }

  @Test func aLateUpstreamGives504() async throws {
    try await withUpstream(answering: { (_: Request) async throws -> Response in
      try await Task.sleep(for: .seconds(2))
      return Response(status: .ok)
    }) { source in
      try await application(inventory: source, timeout: .milliseconds(50)).test(.router) { client in
        let begin = ContinuousClock.now
        let response = try await client.execute(uri: "/products/SKU-0001", method: .get)
        #expect(response.status == .gatewayTimeout)
        #expect(try code(response) == .upstreamTimeout)
        #expect(ContinuousClock.now - begin < .seconds(1))
      }
    }
  }
}

@Suite struct RateLimiterTests {
  @Test func aSessionMayMakeSoManyRequestsASecond() {
    let limiter = RateLimiter(perSecond: 3)
    let begin = ContinuousClock.now
    #expect((0..<4).map { _ in limiter.admit("a", at: begin) } == [true, true, true, false])
    #expect(limiter.admit("b", at: begin))
    #expect(!limiter.admit("a", at: begin + .milliseconds(300)))
    #expect(limiter.admit("a", at: begin + .milliseconds(700)))
    #expect((0..<4).map { _ in limiter.admit("a", at: begin + .seconds(60)) } == [true, true, true, false])
  }
}

@Suite struct ReplyCacheTests {
  @Test func entriesAreKeptForTheirTime() {
    let cache = ReplyCache(ttl: .seconds(1))
    let begin = ContinuousClock.now
    cache.keep("/a", ByteBuffer(string: "x"), at: begin)
    #expect(cache.find("/a", at: begin + .milliseconds(900)) == ByteBuffer(string: "x"))
    #expect(cache.find("/a", at: begin + .milliseconds(1000)) == nil)
    #expect(cache.find("/b", at: begin) == nil)
  }
}

/// Sends a request and expects a status.
private func expect(
  _ status: Int, _ client: any TestClientProtocol, uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:],
  body: ByteBuffer? = nil
) async throws {
  let response = try await client.executeRequest(uri: uri, method: method, headers: headers, body: body)
  #expect(response.status.code == status, "\(method) \(uri)")
}

import Clients
import FleetAPI
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TestServers
import Testing

@testable import ServiceKit

@Suite struct ErrorMappingTests {
  private struct Surprise: Error {}
  private struct Body: Codable { var items: [CartItem] }

  private func application() -> some ApplicationProtocol {
    let host = ServiceHost(
      name: "test", common: CommonSettings(instance: "test-1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let router = host.makeRouter()
    router.get("/surprise") { _, _ -> String in throw Surprise() }
    router.get("/busy") { _, _ -> String in throw PostgresError(code: .poolTimeout, message: "secret words") }
    router.get("/refused") { _, _ -> String in
      throw PostgresError(
        code: .tooManyConnections, sqlState: "53300", message: "FATAL:  sorry, too many clients already")
    }
    router.get("/late") { _, _ -> String in throw PostgresError(code: .statementTimedOut, message: "secret words") }
    router.get("/upstream") { _, _ -> String in
      throw UpstreamError(service: "order", endpoint: nil, kind: .late, detail: "secret words")
    }
    router.post("/body") { request, _ in JSONBody.response(try await JSONBody.decode(Body.self, from: request)) }
    return host.application(BuiltService(router: router))
  }

  private func error(_ response: TestResponse) throws -> ErrorReply.Detail {
    #expect(response.headers[.contentType] == "application/json")
    #expect(response.headers[.xInstance] == "test-1")
    return try JSONBody.decode(ErrorReply.self, from: response.body).error
  }

  @Test(arguments: [
    ("/surprise", 500, "internal_error"), ("/busy", 503, "database_busy"), ("/refused", 500, "database_unavailable"),
    ("/late", 504, "database_timeout"), ("/upstream", 504, "upstream_timeout"), ("/nothing", 404, "not_found"),
  ])
  func everyErrorIsJSONAndTellsNothingInternal(path: String, status: Int, code: String) async throws {
    try await application().test(.router) { client in
      try await client.execute(uri: path, method: .get) { response in
        #expect(response.status.code == status)
        let detail = try error(response)
        #expect(detail.code.rawValue == code)
        #expect(!detail.message.contains("secret") && !detail.message.contains("FATAL"))
        if status == 503 { #expect(response.headers[.retryAfter] == "1") }
      }
    }
  }

  @Test(arguments: [
    (#"{"items":[{"sku":"a","quantity":1}]}"#, 200, ""), (#"{"items":"#, 400, "bad_json"), ("", 400, "bad_json"),
    (#"{}"#, 422, "invalid"), (#"[]"#, 422, "invalid"), (#"{"items":[{"sku":"a","quantity":"x"}]}"#, 422, "invalid"),
    (#"{"items":[{"sku":"a","quantity":99999999999999999999}]}"#, 422, "invalid"),
    (#"{"items":[{"sku":"a","quantity":1.5}]}"#, 422, "invalid"), (#"{"items":null}"#, 422, "invalid"),
    ("\u{0}", 400, "bad_json"), ("{\"items\":[{\"sku\":\"a\u{1}\",\"quantity\":1}]}", 400, "bad_json"),
  ])
  func bodiesAreReadStrictly(body: String, status: Int, code: String) async throws {
    try await application().test(.router) { client in
      try await client.execute(uri: "/body", method: .post, body: ByteBuffer(string: body)) { response in
        #expect(response.status.code == status, "\(String(buffer: response.body))")
        if status != 200 {
          let detail = try error(response)
          #expect(detail.code.rawValue == code)
        }
      }
    }
  }

  @Test func theMessageNamesThePlace() async throws {
    try await application().test(.router) { client in
      let body = ByteBuffer(string: #"{"items":[{"sku":"a","quantity":1},{"sku":"b","quantity":"x"}]}"#)
      try await client.execute(uri: "/body", method: .post, body: body) { response in
        let detail = try error(response)
        #expect(detail.message == "items[1].quantity must be a whole number.")
      }
    }
  }

  @Test func aBodyOverTheLimitIsTooLarge() async throws {
    try await application().test(.router) { client in
      let body = ByteBuffer(repeating: 0x20, count: Limits.bodyBytes + 1)
      try await client.execute(uri: "/body", method: .post, body: body) { response in
        #expect(response.status.code == 413)
        let detail = try error(response)
        #expect(detail.code == .bodyTooLarge)
      }
    }
  }

  @Test func healthAndMetricsAreThere() async throws {
    try await application().test(.router) { client in
      try await client.execute(uri: "/healthz", method: .get) { #expect($0.status == .ok) }
      try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .ok) }
      try await client.execute(uri: "/metrics", method: .get) { response in
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(ExpositionChecker.problems(in: String(buffer: response.body)).isEmpty)
      }
    }
  }
}

import Foundation
import NIOHTTP1
import ServiceKit
import Testing

/// The public API's answers to what it shouldn't be sent: always JSON, never a bare 500.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BadInputTests {
  @Test func everyBadRequestHasItsAnswer() async throws {
    try await ShopUnderTest.with { shop in
      let session = try await shop.session()
      let headers = ["Cookie": "session=\(session)", "Idempotency-Key": "bad"]
      func line(_ sku: String, _ quantity: String) -> String {
        "{\"items\":[{\"sku\":\"\(sku)\",\"quantity\":\(quantity)}]}"
      }
      let bodies: [(String, Int, String)] = [
        ("{\"items\":", 400, "bad_json"), ("", 400, "bad_json"), ("\u{FF}\u{0}garbage", 400, "bad_json"),
        (String(repeating: " ", count: 1 << 20) + "{}", 413, "body_too_large"), ("{}", 422, "invalid"),
        ("[]", 422, "invalid"), ("null", 422, "invalid"), (#"{"items":[]}"#, 422, "invalid"),
        (line("SKU-0001", "0"), 422, "invalid"), (line("SKU-0001", "101"), 422, "invalid"),
        (line("SKU-0001", "-1"), 422, "invalid"), (line("SKU-0001", "1.5"), 422, "invalid"),
        (line("SKU-0001", "1e99"), 422, "invalid"), (line("SKU-0001", "\"1\""), 422, "invalid"),
        (line("SKU-0001'; DROP TABLE stock; --", "1"), 422, "invalid"), (line("", "1"), 422, "invalid"),
        (line("SKU-0001\\u0000", "1"), 422, "invalid"),
      ]
      for (body, status, code) in bodies {
        let reply = try await Browser.send(.POST, shop.gateway, "/orders", headers: headers, body: body)
        #expect(reply.status == status && reply.code == code, "\(body.prefix(60)): \(reply.status) \(reply.body)")
        #expect(reply.headers.first(name: "X-Instance") == "gateway")
      }
      let unknown = try await Browser.send(
        .POST, shop.gateway, "/orders", headers: headers.merging(["Idempotency-Key": "bad-2"]) { $1 },
        body: line("SKU-9999", "1"))
      #expect(unknown.status == 404 && unknown.code == "unknown_product")
      #expect(try await shop.sql("orders", "SELECT count(*) FROM orders") == "1")
    }
  }

  @Test func everyBadAddressHasItsAnswer() async throws {
    try await ShopUnderTest.with { shop in
      let session = try await shop.session()
      let cookie = ["Cookie": "session=\(session)"]
      let cases: [(HTTPMethod, String, [String: String], Int, String)] = [
        (.GET, "/nothing", [:], 404, "not_found"), (.DELETE, "/products", [:], 404, "not_found"),
        (.GET, "/products/SKU-9999", [:], 404, "unknown_product"), (.GET, "/products/%00", [:], 404, "unknown_product"),
        (.GET, "/products?limit=0", [:], 422, "invalid"), (.GET, "/products?limit=many", [:], 422, "invalid"),
        (.GET, "/orders", [:], 401, "unauthorized"),
        (.GET, "/orders", ["Cookie": "session=unknown"], 401, "unauthorized"),
        (.GET, "/orders/x", cookie, 404, "not_found"),
        (.GET, "/orders/0af76519-16cd-43dd-8448-eb211c80319c", cookie, 404, "not_found"),
        (.POST, "/orders/0af76519-16cd-43dd-8448-eb211c80319c/cancel", cookie, 404, "not_found"),
        (.POST, "/orders", cookie, 400, "bad_header"),
      ]
      for (method, path, headers, status, code) in cases {
        let reply = try await Browser.send(method, shop.gateway, path, headers: headers)
        #expect(reply.status == status && reply.code == code, "\(method) \(path): \(reply.status) \(reply.body)")
      }
    }
  }

  @Test func aTraceGoesThroughTheServicesAndTheirLogs() async throws {
    try await ShopUnderTest.with { shop in
      try await shop.sql("inventory", "REVOKE SELECT ON products FROM inventory")
      let trace = "0af7651916cd43dd8448eb211c80319c"
      let reply = try await Browser.send(
        .GET, shop.gateway, "/products/SKU-0001", headers: ["traceparent": "00-\(trace)-b7ad6b7169203331-01"])
      #expect(reply.status == 500 && reply.code == "database_error")
      #expect(shop.log.lines(with: trace, "permission denied", "\"sqlstate\":\"42501\"").count == 1)
    }
  }
}

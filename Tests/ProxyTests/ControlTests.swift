import FleetAPI
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// The API through which faults come and go.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ControlTests {
  private let headers: HTTPFields = [.authorization: "Bearer open sesame"]

  private func withAPI(
    token: String? = "open sesame", _ body: @Sendable (any TestClientProtocol, ProxyUnderTest) async throws -> Void
  ) async throws {
    try await withProxy { proxy, server in
      let host = ServiceHost(
        name: "proxy", common: CommonSettings(instance: "proxy"),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let link = LinkSpec(name: "echo", port: 0, target: Endpoint(host: proxy.host, port: server.port))
      let built = ProxyService.build(ProxySettings(links: [link], token: token), engine: proxy.engine, host: host)
      try await host.application(built).test(.router) { client in try await body(client, proxy) }
    }
  }

  private func post(_ client: any TestClientProtocol, _ json: String) async throws -> TestResponse {
    try await client.execute(
      uri: "/v1/toxics", method: .post, headers: headers, body: ByteBuffer(string: json))
  }

  private func get<Value: Decodable>(
    _ type: Value.Type, _ client: any TestClientProtocol, _ uri: String, _ method: HTTPRequest.Method = .get
  ) async throws -> Value {
    let response = try await client.execute(uri: uri, method: method, headers: headers)
    #expect(response.status == .ok)
    return try JSONBody.decode(Value.self, from: response.body)
  }

  @Test func toxicsComeAndGo() async throws {
    try await withAPI { client, proxy in
      let made = try await post(
        client, #"{"kind":"latency","link":"echo","latency_ms":30,"lease_seconds":60,"id":"slow","seed":5}"#)
      #expect(made.status == .created)
      let listed = try await get(ToxicsReply.self, client, "/v1/toxics").toxics
      #expect(listed.map(\.id) == ["slow"])
      #expect(listed.first?.latencyMS == 30 && listed.first?.jitterMS == 0 && listed.first?.direction == "downstream")
      #expect((1...60_000).contains(listed.first?.expiresInMS ?? 0))
      let echo = try proxy.client()
      var isEchoed = false
      let time = try await milliseconds { isEchoed = try await aside { try echo.echo() } }
      #expect(isEchoed && time >= 30)
      #expect(try await get(RemovedReply.self, client, "/v1/toxics/slow", .delete).removed == 1)
      #expect(try await get(RemovedReply.self, client, "/v1/toxics/slow", .delete).removed == 0)
      for _ in 0..<2 {
        let made = try await post(client, #"{"kind":"blackhole","link":"echo","lease_seconds":60}"#)
        #expect(made.status == .created)
      }
      #expect(try await get(RemovedReply.self, client, "/v1/toxics", .delete).removed == 2)
      #expect(try await get(RemovedReply.self, client, "/v1/toxics", .delete).removed == 0)
    }
  }

  @Test func connectionsThatAreEndedAtOnceAreCounted() async throws {
    try await withAPI { client, proxy in
      let made = try await post(client, #"{"kind":"fail_first","link":"echo","count":5,"lease_seconds":60}"#)
      #expect(made.status == .created)
      for count in 0...2 {
        #expect(try await get(ToxicsReply.self, client, "/v1/toxics").toxics.first?.failed == count)
        #expect(try await proxy.fate() == ECONNRESET)
      }
    }
  }

  @Test func theSameAgainRenewsTheLeaseAndAnotherIsRefused() async throws {
    try await withAPI { client, _ in
      let lease = { (seconds: Int) in #"{"kind":"refuse","link":"echo","id":"r","lease_seconds":\#(seconds)}"# }
      #expect(try await post(client, lease(10)).status == .created)
      #expect(try await post(client, lease(1000)).status == .ok)
      let left = try await get(ToxicsReply.self, client, "/v1/toxics").toxics.first?.expiresInMS ?? 0
      #expect(left > 900_000)
      let other = #"{"kind":"refuse","link":"echo","id":"r","lease_seconds":10,"established":"reset"}"#
      #expect(try await post(client, other).status == .conflict)
    }
  }

  @Test func linksAndConnectionsAreCounted() async throws {
    try await withAPI { client, proxy in
      let echo = try proxy.client()
      #expect(try await aside { try echo.echo("12345") })
      let counts = try await get(ConnectionsReply.self, client, "/v1/connections")
      #expect(counts.open == 1 && counts.held == 0)
      #expect(counts.links.map(\.bytesUpstream) == [5] && counts.links.map(\.bytesDownstream) == [5])
      _ = try await post(client, #"{"kind":"refuse","link":"echo","lease_seconds":10}"#)
      let links = try await get(LinksReply.self, client, "/v1/links").links
      #expect(links.map(\.name) == ["echo"] && links.map(\.accepting) == [false] && links.map(\.toxics) == [1])
      #expect(try await client.execute(uri: "/readyz", method: .get).status == .ok)
      #expect(try await client.execute(uri: "/healthz", method: .get).status == .ok)
      let metrics = String(buffer: try await client.execute(uri: "/metrics", method: .get).body)
      #expect(!metrics.split(separator: "\n").contains { $0.hasPrefix("proxy_") && $0.contains("toxic") })
    }
  }

  @Test func everythingNeedsTheToken() async throws {
    for token in ["open sesame", nil] {
      try await withAPI(token: token) { client, _ in
        let wrong: HTTPFields = [.authorization: "Bearer \(token == nil ? "" : "open sesamf")"]
        for (method, uri) in [
          (HTTPRequest.Method.get, "/v1/links"), (.get, "/v1/toxics"), (.get, "/v1/connections"),
          (.post, "/v1/toxics"), (.delete, "/v1/toxics"), (.delete, "/v1/toxics/a"),
        ] {
          for headers in [HTTPFields(), wrong] {
            let response = try await client.execute(uri: uri, method: method, headers: headers)
            #expect(response.status == .unauthorized)
          }
        }
      }
    }
  }

  @Test func wrongToxicsAreRefusedByName() async throws {
    let table: [(String, Int, String)] = [
      ("{", 400, "JSON"), ("[]", 422, ""), ("{}", 422, "kind must be one of latency, bandwidth"),
      (#"{"kind":"lag"}"#, 422, "kind must be one of"), (#"{"kind":7}"#, 422, "kind must be one of"),
      (#"{"kind":"blackhole","lease_seconds":1}"#, 422, "link is missing"),
      (#"{"kind":"blackhole","lease_seconds":1,"link":"nowhere"}"#, 422, "link must be one of echo"),
      (#"{"kind":"blackhole","link":"echo"}"#, 422, "lease_seconds is missing: it must be from 1 to 3600"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":0}"#, 422, "lease_seconds must be a whole number from 1"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":3601}"#, 422, "to 3600"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1.5}"#, 422, "lease_seconds must be"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"colour":1}"#, 422, "colour is not a field"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"latency_ms":1}"#, 422, "latency_ms is not a field"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"probability":1.1}"#, 422, "probability must be"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"seed":-1}"#, 422, "seed must be"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"id":"a b"}"#, 422, "id must be"),
      (#"{"kind":"blackhole","link":"echo","lease_seconds":1,"direction":"up"}"#, 422, "direction must be one of"),
      (#"{"kind":"latency","link":"echo","lease_seconds":1}"#, 422, "latency_ms is missing"),
      (#"{"kind":"latency","link":"echo","lease_seconds":1,"latency_ms":-1}"#, 422, "latency_ms must be"),
      (#"{"kind":"latency","link":"echo","lease_seconds":1,"latency_ms":600001}"#, 422, "from 0 to 600000"),
      (#"{"kind":"latency","link":"echo","lease_seconds":1,"latency_ms":1,"jitter_ms":"x"}"#, 422, "jitter_ms must"),
      (#"{"kind":"bandwidth","link":"echo","lease_seconds":1,"bytes_per_second":0}"#, 422, "bytes_per_second must"),
      (#"{"kind":"reset","link":"echo","lease_seconds":1}"#, 422, "either after_ms"),
      (#"{"kind":"reset","link":"echo","lease_seconds":1,"after_ms":1,"after_bytes":1}"#, 422, "either after_ms"),
      (#"{"kind":"refuse","link":"echo","lease_seconds":1,"probability":0.5}"#, 422, "probability is not a field"),
      (#"{"kind":"refuse","link":"echo","lease_seconds":1,"established":"end"}"#, 422, "established must be one of"),
      (#"{"kind":"fail_first","link":"echo","lease_seconds":1,"count":0}"#, 422, "count must be"),
      (#"{"kind":"fail_first","link":"echo","lease_seconds":1,"count":1,"direction":"both"}"#, 422, "direction is not"),
      (#"{"kind":"limit_bytes","link":"echo","lease_seconds":1,"bytes":99999999999999999999}"#, 422, "bytes must be"),
      (#"{"kind":"slow_close","link":"echo","lease_seconds":1}"#, 422, "delay_ms is missing"),
      (#"{"kind":"timeout","link":"echo","lease_seconds":1,"after_ms":-5}"#, 422, "after_ms must be"),
    ]
    try await withAPI { client, proxy in
      for (json, status, words) in table {
        let response = try await post(client, json)
        let text = String(buffer: response.body)
        #expect(response.status.code == status, "\(json) gave \(text)")
        #expect(text.contains(words), "\(json) gave \(text)")
        #expect(text.hasPrefix(#"{"error":{"code":""#), "\(json) gave \(text)")
      }
      #expect(try await proxy.toxicCount() == 0)
    }
  }
}

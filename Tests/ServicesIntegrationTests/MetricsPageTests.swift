import NIOHTTP1
import ServiceKit
import TestServers
import Testing

/// What each service's program says at `/metrics` after some traffic, read strictly.
@Suite(.serialized, .timeLimit(.minutes(2))) struct MetricsPageTests {
  /// What must stand on each page: without it the page of a service that counted nothing would do.
  private static let needed = [
    "gateway": [
      #"http_server_request_duration_seconds_count{method="POST",route="/orders",status="201"} 3"#,
      "http_client_request_duration_seconds_bucket{", "cache_requests_total{", "process_resident_memory_bytes ",
    ],
    "inventory": [
      #"db_client_connection_max{pool="inventory"} 4"#, "db_client_connection_wait_time_seconds_count{",
      "postgres_server_max_connections{", "cache_requests_total{",
    ],
    "order": [
      #"http_client_circuit_breaker_state{"#, "http_client_retries_total{", "http_client_bulkhead_rejected_total{",
      #"db_client_connection_max{pool="order"}"#,
    ],
    "payment": [
      #"http_server_requests_shed_total{reason="deadline_exceeded"} 0"#,
      #"db_client_connection_max{pool="payment"}"#, "http_client_request_duration_seconds_count{",
    ],
    "provider": ["provider_requests_executed_total 3", "provider_queue_length "],
    "proxy": [
      #"proxy_bytes_total{direction="downstream",link="provider"} "#, #"proxy_connections{link="provider"} "#,
      #"http_server_request_duration_seconds_count{method="GET",route="/v1/links",status="401"} 1"#,
    ],
  ]

  @Test func everyPageIsAsPrometheusWantsIt() async throws {
    try await withPostgres { postgres in
      try await withRedis { redis in
        try await ShopDatabases.create(on: postgres)
        let fleet = try await Self.start(postgres, redis)
        defer { withExtendedLifetime(fleet) {} }
        let endpoints = fleet.mapValues { Endpoint(host: $0.address, port: $0.port) }
        try await Self.use(try #require(endpoints["gateway"]), try #require(endpoints["proxy"]))
        for (name, words) in Self.needed {
          let page = try #require(endpoints[name])
          // What counts in passing is published by the second.
          var missing = words
          try? await eventually("\(name) tells all", within: 10) {
            let body = try await Browser.send(.GET, page, "/metrics").body
            missing = words.filter { !body.contains($0) }
            return missing.isEmpty
          }
          #expect(missing.isEmpty, "\(name)")
          let reply = try await Browser.send(.GET, page, "/metrics")
          #expect(reply.headers.first(name: "Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
          #expect(ExpositionChecker.problems(in: reply.body) == [], "\(name)")
        }
        for service in fleet.values { await service.stop() }
      }
    }
  }

  /// All services, with everything turned on that counts something.
  private static func start(_ postgres: TestPostgres, _ redis: TestRedis) async throws -> [String: TestFleet] {
    func database(_ prefix: String, _ name: String) -> [String: String] {
      [
        "\(prefix)_DATABASE_HOST": postgres.address, "\(prefix)_DATABASE_PORT": "\(postgres.port)",
        "\(prefix)_DATABASE_NAME": name, "\(prefix)_DATABASE_USER": name, "\(prefix)_POOL_MAX": "4",
        "\(prefix)_DEADLINE_PROPAGATION": "on",
      ]
    }
    func cache(_ prefix: String) -> [String: String] {
      ["\(prefix)_REDIS_HOST": redis.address, "\(prefix)_REDIS_PORT": "\(redis.port)"]
    }
    func guards(_ call: String) -> [String: String] {
      [
        "\(call)_RETRY_MAX_ATTEMPTS": "3", "\(call)_RETRY_BUDGET_PERCENT": "20",
        "\(call)_BREAKER_FAILURE_RATE_THRESHOLD": "50", "\(call)_BULKHEAD_MAX_CONCURRENT": "8",
      ]
    }
    let provider = try await TestFleet.start("provider", ["PROVIDER_LATENCY": "1"])
    let proxy = try await TestFleet.start("proxy", ["PROXY_LINKS": "provider=7000:\(provider.address):8080"])
    let payment = try await TestFleet.start(
      "payment",
      database("PAYMENT", "payments").merging(guards("PAYMENT_PROVIDER")) { $1 }.merging([
        "PAYMENT_PROVIDER_URL": "http://\(proxy.address):7000", "PAYMENT_MAX_CONCURRENT_REQUESTS": "6",
      ]) { $1 })
    let inventory = try await TestFleet.start(
      "inventory",
      database("INVENTORY", "inventory").merging(cache("INVENTORY")) { $1 }.merging([
        "INVENTORY_SYNC_INTERVAL": "1000"
      ]) { $1 })
    let order = try await TestFleet.start(
      "order",
      database("ORDER", "orders").merging(guards("ORDER_PAYMENT")) { $1 }.merging([
        "ORDER_INVENTORY_INSTANCES": "\(inventory.address):8080", "ORDER_PAYMENT_INSTANCES": "\(payment.address):8080",
      ]) { $1 })
    let gateway = try await TestFleet.start(
      "gateway",
      cache("GATEWAY").merging(guards("GATEWAY_ORDER")) { $1 }.merging([
        "GATEWAY_INVENTORY_INSTANCES": "\(inventory.address):8080",
        "GATEWAY_ORDER_INSTANCES": "\(order.address):8080", "GATEWAY_PRODUCT_CACHE_TTL": "1000",
        "GATEWAY_MAX_CONCURRENT_REQUESTS": "50", "GATEWAY_RATE_LIMIT": "1000",
      ]) { $1 })
    return [
      "provider": provider, "proxy": proxy, "payment": payment, "inventory": inventory, "order": order,
      "gateway": gateway,
    ]
  }

  /// Users who do what they should, and others who don't.
  private static func use(_ gateway: Endpoint, _ proxy: Endpoint) async throws {
    let session = try await Browser.send(.POST, gateway, "/sessions", body: "{}").string("id")
    let cookie = ["Cookie": "session=\(session)"]
    for number in 1...3 {
      #expect(try await Browser.send(.GET, gateway, "/products/SKU-000\(number)").status == 200)
      let order = try await Browser.send(
        .POST, gateway, "/orders", headers: cookie.merging(["Idempotency-Key": "key-\(number)"]) { $1 },
        body: #"{"items":[{"sku":"SKU-000\#(number)","quantity":1}]}"#)
      #expect(order.status == 201, "\(order.body)")
      let id = order.string("id")
      #expect(try await Browser.send(.GET, gateway, "/orders/\(id)", headers: cookie).status == 200)
    }
    // Nothing that a user writes may break a page: label values least of all.
    for path in ["/products/%22%5C%0A%00", "/%22%7D%201%0Aevil%20", "/products?limit=%22", "/orders/%7B%7D", "//"] {
      #expect(try await Browser.send(.GET, gateway, path, headers: cookie).status >= 400, "\(path)")
    }
    let verb = HTTPMethod.RAW(value: "BR~EW")
    #expect(try await Browser.send(verb, gateway, "/products").status >= 400)
    #expect(try await Browser.send(.POST, gateway, "/orders", headers: cookie, body: "{").status == 400)
    #expect(try await Browser.send(.GET, proxy, "/v1/links").status == 401)
  }
}

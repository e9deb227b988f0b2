import AsyncHTTPClient
import Clients
import Foundation
import Gateway
import Inventory
import Logging
import NIOHTTP1
import Order
import Payment
import Provider
import ServiceKit
import TestServers

/// The whole shop in this process, on real Postgres and Redis of its own: two inventories, one of each other service.
struct ShopUnderTest: Sendable {
  /// What a test may want otherwise.
  struct Options: Sendable {
    var postgres: [String: String] = [:]
    var inventoryPool = PoolSettings(name: "inventory", max: 5)
    var syncInterval = Duration.zero
    var recoveryInterval = Duration.zero
    var replicas = 0
    /// Which reads the order service and the inventory send to the replicas.
    var reads: @Sendable (inout ReadSettings) -> Void = { _ in }
    var gatewayPolicy = OutboundPolicy(timeout: .seconds(10))
    var paymentPolicy = OutboundPolicy(timeout: .seconds(3))
    var providerPolicy = OutboundPolicy(timeout: .seconds(1))
    var provider = ProviderSettings(latency: .milliseconds(1), token: ShopUnderTest.token)
  }

  let postgres: TestPostgres
  let replicas: [TestPostgres]
  let redis: TestRedis
  let log: CapturedLog
  let inventories: [Endpoint]
  let order: Endpoint
  let payment: Endpoint
  let provider: Endpoint
  let gateway: Endpoint

  /// The token of the provider's admin routes.
  static let token = "integration"

  /// Lends a running shop to `body`.
  static func with(_ options: Options = Options(), _ body: @Sendable (ShopUnderTest) async throws -> Void) async throws
  {
    try await withPostgres(settings: options.postgres) { postgres in
      try await withRedis { redis in
        try await ShopDatabases.create(on: postgres)
        try await withReplicas(options.replicas, of: postgres) { replicas in
          let runner = ServiceRunner()
          do {
            try await body(try await start(options, postgres, replicas, redis, runner))
            try await runner.stop()
          } catch {
            try? await runner.stop()
            throw error
          }
        }
      }
    }
  }

  private static func start(
    _ options: Options, _ postgres: TestPostgres, _ replicas: [TestPostgres], _ redis: TestRedis,
    _ runner: ServiceRunner
  ) async throws -> ShopUnderTest {
    func database(_ name: String, _ pool: PoolSettings) -> DatabaseSettings {
      var settings = DatabaseSettings(
        connection: PostgresConfiguration(
          host: postgres.address, port: postgres.port, database: name, user: name, applicationName: name), pool: pool)
      guard !replicas.isEmpty, name != "payments" else { return settings }
      settings.reads.instances = .list(replicas.map { Endpoint(host: $0.address, port: $0.port) })
      options.reads(&settings.reads)
      return settings
    }
    let cache = RedisSettings(
      connection: RedisConfiguration(host: redis.address, port: redis.port, commandTimeout: .milliseconds(200)))

    var inventory = InventorySettings(database: database("inventory", options.inventoryPool), redis: cache)
    inventory.syncInterval = options.syncInterval
    let inventories = [
      try await runner.run(InventoryService.self, inventory, instance: "inventory-1"),
      try await runner.run(InventoryService.self, inventory, instance: "inventory-2"),
    ]
    let provider = try await runner.run(ProviderService.self, options.provider, instance: "provider")
    let payment = try await runner.run(
      PaymentService.self,
      PaymentSettings(
        database: database("payments", PoolSettings(name: "payment", max: 5)), provider: provider,
        providerPolicy: options.providerPolicy), instance: "payment")
    var orders = OrderSettings(
      database: database("orders", PoolSettings(name: "order", max: 5, acquireTimeout: .seconds(5))),
      inventory: .list(inventories), payment: .list([payment]))
    orders.paymentPolicy = options.paymentPolicy
    orders.recoveryInterval = options.recoveryInterval
    orders.recoveryAge = .zero
    let order = try await runner.run(OrderService.self, orders, instance: "order")
    var shopfront = GatewaySettings(redis: cache, inventory: .list(inventories), order: .list([order]))
    shopfront.orderPolicy = options.gatewayPolicy
    let gateway = try await runner.run(GatewayService.self, shopfront, instance: "gateway")
    return ShopUnderTest(
      postgres: postgres, replicas: replicas, redis: redis, log: runner.log, inventories: inventories, order: order,
      payment: payment,
      provider: provider, gateway: gateway)
  }

  /// Runs SQL as the superuser and gives the first value, if any.
  @discardableResult
  func sql(_ database: String, _ text: String) async throws -> String? {
    try await ShopDatabases.run(text, on: postgres, database: database)
  }

  /// Begins a session at the gateway.
  func session() async throws -> String {
    try await Browser.send(.POST, gateway, "/sessions", body: "{}").string("id")
  }

  /// Places an order at the gateway.
  func place(_ session: String, key: String, _ items: [(String, Int)]) async throws -> Browser.Reply {
    let lines = items.map { "{\"sku\":\"\($0.0)\",\"quantity\":\($0.1)}" }.joined(separator: ",")
    return try await Browser.send(
      .POST, gateway, "/orders", headers: ["Cookie": "session=\(session)", "Idempotency-Key": key],
      body: "{\"items\":[\(lines)]}")
  }

  /// Asks for something of a session at the gateway.
  func get(_ path: String, session: String) async throws -> Browser.Reply {
    try await Browser.send(.GET, gateway, path, headers: ["Cookie": "session=\(session)"])
  }

  /// The keys that the provider charged.
  func chargedKeys() async throws -> [String] {
    let reply = try await Browser.send(
      .GET, provider, "/v1/ledger", headers: ["Authorization": "Bearer \(Self.token)"])
    let charges = reply.json["charges"] as? [[String: Any]] ?? []
    return charges.compactMap { $0["idempotency_key"] as? String }
  }

  /// Makes the provider behave.
  func behave(_ json: String) async throws {
    _ = try await Browser.send(
      .PUT, provider, "/v1/behaviour", headers: ["Authorization": "Bearer \(Self.token)"], body: json)
  }

  /// One value of a product's stock, asked at the first inventory.
  func stock(_ sku: String) async throws -> [String: Int] {
    let reply = try await Browser.send(.GET, inventories[0], "/stock/\(sku)")
    return reply.json.compactMapValues { $0 as? Int }
  }

  /// How many products break the shop's first law: initial = on hand + reserved + sold.
  func unbalancedProducts() async throws -> String? {
    try await sql("inventory", "SELECT count(*) FROM stock WHERE initial <> on_hand + reserved + sold")
  }
}

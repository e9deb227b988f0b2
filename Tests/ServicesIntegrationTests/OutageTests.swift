import Clients
import Foundation
import Inventory
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct OutageTests {
  @Test func aFullDatabaseIsToldInItsOwnWordsInTheLogOnly() async throws {
    try await withPostgres(settings: ["max_connections": "20", "superuser_reserved_connections": "0"]) { postgres in
      try await ShopDatabases.create(on: postgres)
      let runner = ServiceRunner()
      let settings = DatabaseSettings(
        connection: PostgresConfiguration(
          host: postgres.address, port: postgres.port, database: "inventory", user: "inventory"),
        pool: PoolSettings(name: "inventory", max: 1))
      let endpoint = try await runner.run(
        InventoryService.self, InventorySettings(database: settings), instance: "inventory-101")
      var held: [PostgresConnection] = []
      for _ in 0..<20 {
        held.append(try await PostgresConnection.connect(ShopDatabases.superuser(of: postgres, database: "postgres")))
      }
      let refused = try await Browser.send(.GET, endpoint, "/stock/SKU-0001")
      #expect(refused.status == 500 && refused.code == "database_unavailable")
      #expect(!refused.body.contains("FATAL"))
      #expect(refused.headers.first(name: "X-Instance") == "inventory-101")
      let words = "FATAL:  sorry, too many clients already"
      let lines = runner.log.lines(with: words, "\"sqlstate\":\"53300\"", "\"level\":\"error\"")
      #expect(!lines.isEmpty)
      let ready = try await Browser.send(.GET, endpoint, "/readyz")
      #expect(ready.status == 503 && ready.code == "not_ready")
      #expect(try await Browser.send(.GET, endpoint, "/healthz").status == 200)

      for connection in held { await connection.close() }
      try await eventually("the instance recovers", within: 10) {
        try await Browser.send(.GET, endpoint, "/stock/SKU-0001").status == 200
      }
      try await runner.stop()
    }
  }

  @Test func aDeadDatabaseGivesJSONAndRecovers() async throws {
    try await ShopUnderTest.with { shop in
      #expect(try await Browser.send(.GET, shop.gateway, "/products/SKU-0001").status == 200)
      try await shop.postgres.halt()
      for _ in 0..<4 {
        let dead = try await Browser.send(.GET, shop.gateway, "/products/SKU-0400")
        #expect(dead.status == 500 && dead.code == "database_unavailable", "\(dead.status) \(dead.body)")
      }
      #expect(try await Browser.send(.GET, shop.gateway, "/products/SKU-0001").status == 200, "from the cache")
      #expect(!shop.log.lines(with: "\"level\":\"error\"", "database_unavailable").isEmpty)
      try await shop.postgres.resume()
      try await eventually("the shop recovers", within: 10) {
        try await Browser.send(.GET, shop.gateway, "/products/SKU-0400").status == 200
      }
    }
  }

  @Test func withoutRedisProductsAreStillServed() async throws {
    try await ShopUnderTest.with { shop in
      let session = try await shop.session()
      try await shop.redis.kill()
      for number in 1...4 {
        let begin = ContinuousClock.now
        let product = try await Browser.send(.GET, shop.gateway, "/products/SKU-000\(number)")
        #expect(product.status == 200)
        #expect(ContinuousClock.now - begin < .seconds(1))
      }
      let orders = try await shop.get("/orders", session: session)
      #expect(orders.status == 503 && orders.code == "sessions_unavailable")
      #expect(orders.headers.first(name: "Retry-After") == "1")
      for inventory in shop.inventories {
        #expect(try await Browser.send(.GET, inventory, "/readyz").status == 200)
      }
      try await shop.redis.restart()
      try await eventually("sessions work again", within: 10) {
        try await Browser.send(.POST, shop.gateway, "/sessions").status == 201
      }
    }
  }

  @Test func aHangingRedisCostsItsTimeOutOnly() async throws {
    try await ShopUnderTest.with { shop in
      #expect(try await Browser.send(.GET, shop.gateway, "/products/SKU-0001").status == 200)
      try await shop.redis.pause()
      let begin = ContinuousClock.now
      #expect(try await Browser.send(.GET, shop.gateway, "/products/SKU-0002").status == 200)
      #expect(ContinuousClock.now - begin < .seconds(1))
      try await shop.redis.resume()
    }
  }

  @Test func aBusyPoolSaysSo() async throws {
    var options = ShopUnderTest.Options()
    options.inventoryPool = PoolSettings(name: "inventory", max: 1, acquireTimeout: .milliseconds(100))
    try await ShopUnderTest.with(options) { shop in
      let configuration = ShopDatabases.superuser(of: shop.postgres, database: "inventory")
      try await PostgresConnection.with(configuration) { connection in
        try await connection.simpleQuery("BEGIN; LOCK TABLE stock IN ACCESS EXCLUSIVE MODE")
        async let blocked = Browser.send(.GET, shop.inventories[0], "/stock/SKU-0001")
        try await eventually("the only connection waits for the lock", within: 10) {
          try await shop.sql("postgres", "SELECT count(*) FROM pg_locks WHERE NOT granted") == "1"
        }
        let busy = try await Browser.send(.GET, shop.inventories[0], "/stock/SKU-0001")
        #expect(busy.status == 503 && busy.code == "database_busy", "\(busy.status) \(busy.body)")
        #expect(busy.headers.first(name: "Retry-After") == "1")
        try await connection.simpleQuery("COMMIT")
        #expect(try await blocked.status == 200)
      }
    }
  }

  @Test func theServersConnectionsAreMeasuredInPassing() async throws {
    try await ShopUnderTest.with { shop in
      #expect(try await Browser.send(.GET, shop.inventories[0], "/stock/SKU-0001").status == 200)
      let metrics = try await Browser.send(.GET, shop.inventories[0], "/metrics").body
      #expect(metrics.contains(#"postgres_server_max_connections{database="inventory"} 100"#))
      #expect(metrics.contains(#"postgres_server_connections{database="inventory"} "#))
      #expect(metrics.contains(#"db_client_connection_max{pool="inventory"} 5"#))
      #expect(metrics.contains(#"db_client_connection_count{pool="inventory",state="#))
    }
  }
}

import Clients
import Foundation
import Inventory
import Logging
import NIOHTTP1
import ServiceKit
import TestFiles
import TestServers

/// Inventories on a Postgres and a Redis of their own, with SQL files in place of built-in ones.
struct InventoryShop: Sendable {
  let postgres: TestPostgres
  let redis: TestRedis
  let runner: ServiceRunner
  let inventories: [Endpoint]

  /// Lends running inventories to `body`.
  /// - Parameters:
  ///   - sql: statements by the names of their files.
  ///   - adjust: changes the settings of each instance.
  static func with(
    instances: Int = 1, postgres options: [String: String] = [:], schema: String = "", sql: [String: String] = [:],
    adjust: (inout InventorySettings) -> Void, _ body: @Sendable (InventoryShop) async throws -> Void
  ) async throws {
    let folder = try Scratch()
    for (name, text) in sql {
      try text.write(toFile: "\(folder.path)/\(name).sql", atomically: true, encoding: .utf8)
    }
    try await withPostgres(settings: options) { postgres in
      try await withRedis { redis in
        try await ShopDatabases.create(on: postgres)
        if !schema.isEmpty { try await ShopDatabases.run(schema, on: postgres, database: "inventory") }
        var settings = InventorySettings(
          database: DatabaseSettings(
            connection: PostgresConfiguration(
              host: postgres.address, port: postgres.port, database: "inventory", user: "inventory",
              applicationName: "inventory", statementTimeout: .seconds(30)),
            pool: PoolSettings(name: "inventory", max: 10, acquireTimeout: .seconds(20)), sqlDirectory: folder.path),
          redis: RedisSettings(
            connection: RedisConfiguration(host: redis.address, port: redis.port, commandTimeout: .seconds(2))))
        adjust(&settings)
        let runner = ServiceRunner()
        do {
          var inventories: [Endpoint] = []
          for number in 1...instances {
            inventories.append(
              try await runner.run(InventoryService.self, settings, instance: "inventory-\(number)"))
          }
          try await body(
            InventoryShop(postgres: postgres, redis: redis, runner: runner, inventories: inventories))
          try await runner.stop()
        } catch {
          try? await runner.stop()
          throw error
        }
      }
    }
  }

  /// Runs SQL as the superuser and gives the first value, if any.
  @discardableResult
  func sql(_ text: String) async throws -> String? {
    try await ShopDatabases.run(text, on: postgres, database: "inventory")
  }

  /// Asks for a product at one of the instances.
  func product(_ sku: String = "SKU-0001", at index: Int = 0) async throws -> Browser.Reply {
    try await Browser.send(.GET, inventories[index % inventories.count], "/products/\(sku)")
  }

  /// Asks for a product many times at once, at all instances in turn.
  func crowd(_ count: Int, _ sku: String = "SKU-0001") async throws -> [Browser.Reply] {
    try await withThrowingTaskGroup(of: Browser.Reply.self) { group in
      for number in 0..<count { group.addTask { try await product(sku, at: number) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Asks to hold a cart.
  func reserve(_ skus: [String], quantity: Int = 1, at index: Int = 0) async throws -> Browser.Reply {
    let lines = skus.map { "{\"sku\":\"\($0)\",\"quantity\":\(quantity)}" }.joined(separator: ",")
    return try await Browser.send(
      .POST, inventories[index % inventories.count], "/reservations",
      body: "{\"id\":\"\(UUID().uuidString)\",\"items\":[\(lines)]}")
  }

  /// A Redis client of the test's own, for one use.
  func withRedisClient<R: Sendable>(_ body: @Sendable (RedisClient) async throws -> R) async throws -> R {
    let client = RedisClient(
      RedisConfiguration(host: redis.address, port: redis.port, commandTimeout: .seconds(5)), logger: .init(label: "t"))
    do {
      let value = try await body(client)
      await client.shutDown()
      return value
    } catch {
      await client.shutDown()
      throw error
    }
  }
}

import Clients
import Foundation
import Logging
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@testable import Inventory

/// Many requests for one entry that isn't there, or not any more.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CacheStampedeTests {
  /// Counts each recomputation in a sequence that only this statement uses, and takes its time.
  private static let slowProduct = """
    -- One product, slowly.
    SELECT sku, name, description, price_cents, updated_at::text
    FROM inventory.products
    WHERE sku = $1 AND nextval('inventory.recomputed') > 0 AND pg_sleep(0.5) IS NOT NULL
    """
  private static let schema =
    "CREATE SEQUENCE inventory.recomputed; GRANT USAGE ON SEQUENCE inventory.recomputed TO inventory"

  private func with(
    instances: Int = 1, _ adjust: @escaping (inout CacheSettings) -> Void,
    _ body: @Sendable (InventoryShop) async throws -> Void
  ) async throws {
    try await InventoryShop.with(
      instances: instances, schema: Self.schema, sql: ["product": Self.slowProduct],
      adjust: {
        // A database that is gone is told after this time.
        $0.database.pool.acquireTimeout = .seconds(3)
        adjust(&$0.cache)
      }, body)
  }

  private func recomputed(_ shop: InventoryShop) async throws -> Int {
    Int(try await shop.sql("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM inventory.recomputed") ?? "")
      ?? -1
  }

  private func price(_ reply: Browser.Reply) -> Int? { reply.json["price_cents"] as? Int }

  private static let setPrice = "UPDATE inventory.products SET price_cents = 4711 WHERE sku = 'SKU-0001'"

  @Test func byDefaultEveryMissAsksTheDatabase() async throws {
    try await with({ _ in }) { shop in
      let replies = try await shop.crowd(10)
      #expect(replies.allSatisfy { $0.status == 200 })
      #expect(try await recomputed(shop) >= 5)
      let (text, left) = try await shop.withRedisClient { redis in
        (try await redis.get("product:SKU-0001"), try await redis.command(["PTTL", "product:SKU-0001"]).integer ?? 0)
      }
      #expect(text == replies[0].body, "a plain entry is the reply itself")
      #expect((1...60_000).contains(left))
      let before = try await recomputed(shop)
      #expect(try await shop.product().body == text)
      #expect(try await recomputed(shop) == before)
    }
  }

  @Test func fiftyMissesOfAnInstanceShareOneRecomputation() async throws {
    try await with({ $0.coalesce = .instance }) { shop in
      let replies = try await shop.crowd(50)
      #expect(replies.allSatisfy { $0.status == 200 && $0.body == replies[0].body })
      #expect(try await recomputed(shop) == 1)
      let metrics = try await Browser.send(.GET, shop.inventories[0], "/metrics").body
      #expect(metrics.contains(#"cache_requests_total{cache="products",result="coalesced"}"#))
      #expect(metrics.contains(#"cache_refreshes_total{cache="products",reason="miss"}"#))
      #expect(metrics.contains("# HELP cache_refreshes_total "))
    }
  }

  @Test func twoInstancesShareOneRecomputationThroughTheLock() async throws {
    try await with(
      instances: 2,
      {
        $0.lock = .redis
        $0.lockTTL = .seconds(30)
        $0.lockWait = .seconds(20)
      }
    ) { shop in
      let replies = try await shop.crowd(40)
      #expect(replies.allSatisfy { $0.status == 200 && $0.body == replies[0].body })
      #expect(try await recomputed(shop) == 1)
      #expect(try await shop.withRedisClient { try await $0.get("product:SKU-0001:lock") } == nil, "it was given back")
    }
  }

  @Test func aDeadOwnersLockEndsAndOneOfTheOthersGoesOn() async throws {
    try await with(
      instances: 2,
      {
        $0.lock = .redis
        $0.lockWait = .seconds(60)
      }
    ) { shop in
      try await shop.withRedisClient {
        _ = try await $0.set("product:SKU-0001:lock", "of-the-dead", px: .milliseconds(1500))
      }
      let begin = ContinuousClock.now
      let replies = try await shop.crowd(10)
      #expect(replies.allSatisfy { $0.status == 200 })
      #expect(ContinuousClock.now - begin > .seconds(1), "they waited for the lock")
      #expect(try await recomputed(shop) == 1)
    }
  }

  @Test func whoeverWaitedInVainHelpsItself() async throws {
    try await with({
      $0.lock = .redis
      $0.lockWait = .milliseconds(200)
    }) { shop in
      try await shop.withRedisClient {
        _ = try await $0.set("product:SKU-0001:lock", "of-another", px: .seconds(600))
      }
      #expect(try await shop.product().status == 200)
      #expect(try await shop.withRedisClient { try await $0.get("product:SKU-0001:lock") } == "of-another")
    }
  }

  @Test(arguments: [true, false]) func onlyTheOwnerUnlocks(checksOwner: Bool) async throws {
    try await with({ _ in }) { shop in
      try await shop.withRedisClient { redis in
        let lock = RecomputeLock(
          redis: redis, ttl: .seconds(60), checksOwner: checksOwner, logger: .init(label: "test"))
        guard case .acquired(let token) = await lock.tryAcquire("entry") else {
          Issue.record("the lock was free")
          return
        }
        #expect(await lock.tryAcquire("entry") == .busy)
        // The owner was slower than its lock, and the next one has it now.
        _ = try await redis.set("entry:lock", "of-the-next", px: .seconds(60))
        await lock.release("entry", token: token)
        #expect(try await redis.get("entry:lock") == (checksOwner ? "of-the-next" : nil))
      }
    }
  }

  @Test func aStaleEntryIsServedWhileOneRefreshesIt() async throws {
    try await with({
      $0.ttl = .milliseconds(300)
      $0.stale = .seconds(600)
    }) { shop in
      let old = try #require(price(try await shop.product()))
      try await shop.sql(Self.setPrice)
      let configuration = ShopDatabases.superuser(of: shop.postgres, database: "inventory")
      try await PostgresConnection.with(configuration) { connection in
        try await connection.simpleQuery("BEGIN; LOCK TABLE inventory.products IN ACCESS EXCLUSIVE MODE")
        // Nothing can be recomputed now; once the entry has expired, a refresh waits for the lock.
        try await eventually("a refresh waits for the table", within: 10) {
          #expect(price(try await shop.product()) == old)
          return try await ShopDatabases.run(
            "SELECT count(*) FROM pg_locks WHERE NOT granted", on: shop.postgres, database: "postgres") == "1"
        }
        let replies = try await shop.crowd(20)
        #expect(replies.allSatisfy { price($0) == old })
        try await connection.simpleQuery("COMMIT")
      }
      try await eventually("the new price shows", within: 10) { price(try await shop.product()) == 4711 }
    }
  }

  @Test(arguments: [CacheSettings.Refresh.ahead, .probabilistic])
  func anEntryIsRefreshedBeforeItExpires(refresh: CacheSettings.Refresh) async throws {
    try await with({
      $0.ttl = .seconds(600)
      $0.refresh = refresh
      $0.refreshAhead = .milliseconds(599_999)
      $0.refreshBeta = 100
    }) { shop in
      _ = try await shop.product()
      // An envelope that says how long it took and when it ends, as an instance would have left it some time ago.
      let text = try #require(try await shop.withRedisClient { try await $0.get("product:SKU-0001") })
      #expect(text.hasPrefix("v1;"))
      let body = try #require(text.split(separator: ";", maxSplits: 4).last)
      let soon = WallClock.milliseconds() + 20_000
      try await shop.withRedisClient {
        _ = try await $0.set("product:SKU-0001", "v1;\(soon);5000;\(body.utf8.count);\(body)", px: .seconds(20))
      }
      try await eventually("the entry is made anew, and nobody waits", within: 10) {
        #expect(try await shop.product().status == 200)
        return try await recomputed(shop) >= 2
      }
    }
  }

  @Test(arguments: ["garbage", "{", "v1;1;2;3;{}", "v1;99999999999999;2;9;{\"a\"", ""])
  func oddContentIsAMiss(text: String) async throws {
    try await with({ $0.stale = .seconds(10) }) { shop in
      try await shop.withRedisClient { _ = try await $0.set("product:SKU-0001", text) }
      let reply = try await shop.product()
      #expect(reply.status == 200 && reply.string("sku") == "SKU-0001")
      _ = try await shop.withRedisClient { redis in
        try await redis.del("product:SKU-0002")
        try await redis.command(["LPUSH", "product:SKU-0002", "x"])
      }
      #expect(try await shop.product("SKU-0002").string("sku") == "SKU-0002")
    }
  }

  @Test func errorsAreNeverKept() async throws {
    try await with({
      $0.coalesce = .instance
      $0.lock = .redis
      $0.negativeTTL = .seconds(600)
      $0.localTTL = .seconds(600)
    }) { shop in
      try await shop.postgres.halt()
      #expect(try await shop.product().status == 500)
      try await shop.postgres.resume()
      try await eventually("the database is back", within: 10) { try await shop.product().status == 200 }
    }
  }

  @Test func unknownProductsAreRememberedForAWhile() async throws {
    try await with({
      $0.negativeTTL = .seconds(600)
      $0.localTTL = .seconds(600)
    }) { shop in
      for _ in 0..<2 {
        let reply = try await shop.product("SKU-9999")
        #expect(reply.status == 404 && reply.code == "unknown_product")
      }
      // What isn't asked for can't have been found out.
      try await shop.postgres.halt()
      #expect(try await shop.product("SKU-9999").status == 404)
      #expect(try await shop.product("SKU-9998").status == 500)
      try await shop.postgres.resume()
    }
  }

  @Test func anInstanceRemembersByItself() async throws {
    try await with({ $0.localTTL = .seconds(600) }) { shop in
      let first = try await shop.product()
      try await shop.redis.kill()
      #expect(try await shop.product().body == first.body)
      #expect(try await recomputed(shop) == 1)
    }
  }
}

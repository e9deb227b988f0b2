import Clients
import Foundation
import NIOHTTP1
import ServiceKit
import TestFiles
import TestServers
import Testing

@testable import Inventory

/// Transactions that meet on the same stock.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StockConflictTests {
  /// Locks in the cart's order: what a lab's file may do.
  private static let inCartOrder = """
    -- Locks the cart's lines one after another.
    SELECT stock.sku, stock.on_hand, products.price_cents
    FROM unnest($1::text[]) WITH ORDINALITY AS cart (sku, line)
    JOIN inventory.stock USING (sku)
    JOIN inventory.products USING (sku)
    ORDER BY cart.line
    FOR UPDATE OF stock
    """

  private static let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"

  /// Makes a reservation of SKU-0002 and SKU-0001, in this order, lose a deadlock: the other session looks for one
  /// only after a minute, so that it can't be the victim.
  private func deadlock(_ shop: InventoryShop, sql: String = waiting) async throws -> Browser.Reply {
    let configuration = ShopDatabases.superuser(of: shop.postgres, database: "inventory")
    return try await PostgresConnection.with(configuration) { connection in
      try await connection.simpleQuery(
        "SET deadlock_timeout = '60s'; BEGIN; SELECT 1 FROM stock WHERE sku = 'SKU-0001' FOR UPDATE")
      async let reply = shop.reserve(["SKU-0002", "SKU-0001"])
      try await eventually("the reservation waits", within: 10) {
        try await ShopDatabases.run(sql, on: shop.postgres, database: "postgres") == "1"
      }
      try await connection.simpleQuery(
        "SELECT 1 FROM stock WHERE sku = 'SKU-0002' FOR UPDATE; COMMIT", timeout: .seconds(30))
      return try await reply
    }
  }

  @Test func aDeadlockIsToldAsAConflictAndInTheServersWordsInTheLog() async throws {
    try await InventoryShop.with(
      postgres: ["deadlock_timeout": "'3s'"], sql: ["reserve-lock": Self.inCartOrder], adjust: { _ in }
    ) { shop in
      let reply = try await deadlock(shop)
      #expect(reply.status == 500 && reply.code == "database_conflict", "\(reply.status) \(reply.body)")
      #expect(reply.headers.first(name: "Retry-After") == "1")
      #expect(!reply.body.contains("deadlock"))
      let lines = shop.runner.log.lines(
        with: "ERROR:  deadlock detected", "\"sqlstate\":\"40P01\"", "\"level\":\"error\"", "waits for ShareLock")
      #expect(lines.count == 1)
      #expect(try await shop.sql("SELECT sum(reserved) FROM stock") == "0")
    }
  }

  @Test func aListedErrorIsTriedAgain() async throws {
    try await InventoryShop.with(
      postgres: ["deadlock_timeout": "'3s'"], sql: ["reserve-lock": Self.inCartOrder],
      adjust: { $0.reservations.retry = ConflictRetry(sqlStates: ["40P01"]) }
    ) { shop in
      #expect(try await deadlock(shop).status == 201)
      let metrics = try await Browser.send(.GET, shop.inventories[0], "/metrics").body
      #expect(metrics.contains(#"db_client_transaction_retries_total{pool="inventory",reason="40P01"}"#))
      #expect(try await shop.sql("SELECT sum(reserved) FROM stock") == "2")
    }
  }

  @Test func asBuiltInNoCartWaitsForAnotherInACircle() async throws {
    try await InventoryShop.with(
      instances: 2,
      adjust: {
        $0.syncInterval = .milliseconds(20)
        $0.reservations.syncProducts = 8
      }
    ) { shop in
      try await collide(shop, expecting: 80)
      try await eventually("the sync job came round", within: 10) {
        try await shop.sql("SELECT count(reconciled_at) FROM stock WHERE reserved > 0") == "4"
      }
    }
  }

  @Test func optimisticReservationsNeverOversell() async throws {
    try await InventoryShop.with(
      instances: 2,
      adjust: {
        $0.reservations.strategy = .optimistic
        $0.reservations.retry = ConflictRetry(limit: 100, backoff: .milliseconds(5))
      }
    ) { shop in
      try await shop.sql("UPDATE stock SET initial = 30, on_hand = 30 WHERE sku = 'SKU-0002'")
      try await collide(shop, expecting: 30)
      #expect(try await shop.sql("SELECT on_hand FROM stock WHERE sku = 'SKU-0002'") == "0")
      #expect(try await shop.sql("SELECT version FROM stock WHERE sku = 'SKU-0002'") == "31")
    }
  }

  @Test func anOptimisticReservationThatAlwaysLosesSaysSo() async throws {
    let never = "-- Never.\nUPDATE stock SET version = version + $2 - $2 WHERE sku = $1 AND version = -$3 RETURNING sku"
    try await InventoryShop.with(
      sql: ["reserve-update": never],
      adjust: {
        $0.reservations.strategy = .optimistic
        $0.reservations.retry = ConflictRetry(limit: 2, backoff: .milliseconds(1))
      }
    ) { shop in
      let reply = try await shop.reserve(["SKU-0001"])
      #expect(reply.status == 500 && reply.code == "database_conflict", "\(reply.status) \(reply.body)")
      #expect(try await shop.sql("SELECT count(*) FROM reservations") == "0")
    }
  }

  /// Many carts of the same four products, each in another order.
  private func collide(_ shop: InventoryShop, expecting held: Int) async throws {
    let skus = ["SKU-0001", "SKU-0002", "SKU-0003", "SKU-0004"]
    let replies = try await withThrowingTaskGroup(of: Browser.Reply.self) { group in
      for number in 0..<80 {
        let turned = Array(skus[(number % 4)...] + skus[..<(number % 4)])
        group.addTask { try await shop.reserve(number % 8 < 4 ? turned : turned.reversed(), at: number) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(replies.count { $0.status == 201 } == held)
    #expect(replies.allSatisfy { $0.status == 201 || $0.code == "out_of_stock" })
    #expect(try await shop.sql("SELECT count(*) FROM stock WHERE initial <> on_hand + reserved + sold") == "0")
    #expect(try await shop.sql("SELECT sum(reserved) FROM stock") == "\(held * 4)")
    #expect(!shop.postgres.log.contains("deadlock detected"))
  }

  @Test(arguments: [0, 1]) func theSyncJobSetsRightWhatIsWrong(batch: Int) async throws {
    try await InventoryShop.with(
      adjust: {
        $0.syncInterval = .milliseconds(50)
        $0.reservations.syncProducts = 3
        $0.reservations.syncBatch = batch
      }
    ) { shop in
      #expect(try await shop.reserve(["SKU-0001", "SKU-0002"], quantity: 3).status == 201)
      try await shop.sql(
        """
        UPDATE stock SET reserved = reserved + 7, on_hand = on_hand - 7 WHERE sku IN ('SKU-0001', 'SKU-0003');
        UPDATE stock SET reserved = 0, on_hand = on_hand + 3 WHERE sku = 'SKU-0002'
        """)
      try await eventually("the counts are right again", within: 10) {
        try await shop.sql("SELECT string_agg(reserved::text, ' ' ORDER BY sku) FROM stock WHERE sku <= 'SKU-0003'")
          == "3 3 0"
      }
      #expect(try await shop.sql("SELECT count(*) FROM stock WHERE initial <> on_hand + reserved + sold") == "0")
      try await eventually("it is logged", within: 10) {
        !shop.runner.log.lines(with: "reserved stock was wrong", "SKU-0003").isEmpty
      }
      #expect(try await shop.sql("SELECT count(reconciled_at) FROM stock WHERE sku > 'SKU-0003'") == "0")
    }
  }

  @Test func theFilesOfTheLabsWork() async throws {
    let chaos = URL(fileURLWithPath: Repository.root).appendingPathComponent("Chaos")
    var tried: Set<String> = []
    for id in try FileManager.default.contentsOfDirectory(atPath: chaos.path).sorted() {
      let folder = chaos.appendingPathComponent("\(id)/lab/sql/inventory")
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { continue }
      tried.insert(id)
      var sql: [String: String] = [:]
      for name in names where name.hasSuffix(".sql") && name != "schema.sql" {
        let statement = String(name.dropLast(4))
        #expect(InventorySQL(rawValue: statement) != nil, "\(id) replaces no statement by \(name)")
        sql[statement] = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      }
      let schema = try? String(contentsOf: folder.appendingPathComponent("schema.sql"), encoding: .utf8)
      try await InventoryShop.with(
        // The lab's own schema in place of the shop's.
        schema: schema.map { "DROP SCHEMA inventory CASCADE; CREATE SCHEMA IF NOT EXISTS public; \($0)" } ?? "",
        sql: sql,
        adjust: {
          $0.syncInterval = .milliseconds(50)
          $0.reservations.syncProducts = 8
        }
      ) { shop in
        let product = try await shop.product()
        #expect(product.status == 200 && product.string("sku") == "SKU-0001", "\(id): \(product.body)")
        let held = try await shop.reserve(["SKU-0002", "SKU-0001"])
        #expect(held.status == 201, "\(id): \(held.body)")
        let confirmed = try await Browser.send(
          .POST, shop.inventories[0], "/reservations/\(held.string("id"))/confirm")
        #expect(confirmed.status == 200, "\(id): \(confirmed.body)")
        let other = try await shop.reserve(["SKU-0003"])
        try await eventually("the sync job came round", within: 10) {
          try await shop.sql("SELECT count(reconciled_at) FROM inventory.stock WHERE sku = 'SKU-0003'") == "1"
        }
        let given = try await Browser.send(.DELETE, shop.inventories[0], "/reservations/\(other.string("id"))")
        #expect(given.string("status") == "released", "\(id): \(given.body)")
      }
    }
    // Others may come; without these two nothing would be tried.
    #expect(tried.isSuperset(of: ["cache-stampede", "deadlock"]), "\(tried)")
  }
}

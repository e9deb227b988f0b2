import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

/// A replica that has stopped applying but still answers leaves the rotation, and comes back when it is fresh.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ReplicaFreshnessTests {
  private var options: ShopUnderTest.Options {
    var options = ShopUnderTest.Options()
    options.replicas = 2
    options.reads = { reads in
      reads.source = .replica
      reads.freshness = .marker
      reads.maxLag = .seconds(1)
      reads.heartbeatInterval = .milliseconds(200)
    }
    return options
  }

  private func name(_ replica: TestPostgres) -> String { "\(replica.address):\(replica.port)" }

  private func isIn(_ shop: ShopUnderTest, _ replica: TestPostgres) async throws -> Bool {
    try await shop.metric("db_replica_in_rotation{pool=\"order\",replica=\"\(name(replica))\"}") == 1
  }

  private func bothIn(_ shop: ShopUnderTest) async throws {
    try await eventually("both replicas are in rotation", within: 10) {
      for replica in shop.replicas where !(try await isIn(shop, replica)) { return false }
      return true
    }
  }

  /// The measured time until the replica is in or out of rotation.
  private func wait(_ shop: ShopUnderTest, _ replica: TestPostgres, in isWanted: Bool) async throws -> Duration {
    let begin = ContinuousClock.now
    try await eventually("rotation changes", within: 10) { try await isIn(shop, replica) == isWanted }
    return ContinuousClock.now - begin
  }

  @Test func aPausedReplicaLeavesAndComesBack() async throws {
    try await ShopUnderTest.with(options) { shop in
      try await bothIn(shop)
      let victim = shop.replicas[1]
      try await shop.replicaSQL(1, "SELECT pg_wal_replay_pause()")
      let out = try await wait(shop, victim, in: false)
      print("measured: a paused replica left after \(out) with a greatest lag of 1 s")
      // The greatest lag, 2 s, and what a busy machine adds.
      #expect(out < .seconds(5))
      let ready = try await Browser.send(.GET, shop.order, "/readyz")
      #expect(ready.status == 200 && ready.string("status") == "ready")
      let checks = ready.json["checks"] as? [String: String]
      #expect(checks?["replica \(name(victim))"] == "stale_replica")
      #expect(checks?["replica \(name(shop.replicas[0]))"] == "ok")
      #expect(try await shop.metric("db_replica_lag_seconds{pool=\"order\",replica=\"\(name(victim))\"}") > 1)

      // Every read shows what the fresh replica has.
      try await shop.sql("inventory", "UPDATE stock SET on_hand = on_hand - 7, sold = sold + 7 WHERE sku = 'SKU-0003'")
      try await eventually("the fresh replica has it", within: 10) {
        let text = "SELECT sold FROM inventory.stock WHERE sku = 'SKU-0003'"
        return try await shop.replicaSQL(0, text, database: "inventory") == "7"
      }
      try await eventually("both inventories know", within: 10) {
        for inventory in shop.inventories {
          let ready = try await Browser.send(.GET, inventory, "/readyz")
          let checks = ready.json["checks"] as? [String: String]
          if checks?["replica \(name(victim))"] != "stale_replica" { return false }
        }
        return true
      }
      for _ in 0..<20 {
        for inventory in shop.inventories {
          #expect(try await Browser.send(.GET, inventory, "/stock/SKU-0003").json["sold"] as? Int == 7)
        }
      }

      try await shop.replicaSQL(1, "SELECT pg_wal_replay_resume()")
      let back = try await wait(shop, victim, in: true)
      print("measured: a resumed replica was back after \(back)")
      #expect(back < .seconds(5))
    }
  }

  @Test func aFrozenReceiverIsSeenThoughNothingElseShowsIt() async throws {
    try await ShopUnderTest.with(options) { shop in
      try await bothIn(shop)
      let pid = try #require(
        Int32(try await shop.replicaSQL(0, "SELECT pid FROM pg_stat_wal_receiver") ?? ""))
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      let out = try await wait(shop, shop.replicas[0], in: false)
      print("measured: a replica with a frozen receiver left after \(out)")
      #expect(out < .seconds(5))
      #expect(try await isIn(shop, shop.replicas[1]))
      kill(pid, SIGCONT)
      let back = try await wait(shop, shop.replicas[0], in: true)
      print("measured: with its receiver thawed it was back after \(back)")
      #expect(back < .seconds(5))
    }
  }

  @Test func withNoFreshReplicaThePrimaryAnswers() async throws {
    try await ShopUnderTest.with(options) { shop in
      try await bothIn(shop)
      let session = try await shop.session()
      for index in 0..<2 { try await shop.replicaSQL(index, "SELECT pg_wal_replay_pause()") }
      for replica in shop.replicas { _ = try await wait(shop, replica, in: false) }
      let before = try await shop.reads("no_replica")
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      #expect(try await shop.get("/orders/\(placed.string("id"))", session: session).status == 200)
      #expect(try await shop.reads("no_replica") == before + 1)
      for index in 0..<2 { try await shop.replicaSQL(index, "SELECT pg_wal_replay_resume()") }
      try await bothIn(shop)
    }
  }

  @Test func aDeadPrimaryLeavesTheReplicasInRotation() async throws {
    try await ShopUnderTest.with(options) { shop in
      try await bothIn(shop)
      let session = try await shop.session()
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let path = "/orders/\(placed.string("id"))"
      try await eventually("the order shows", within: 10) { try await shop.get(path, session: session).status == 200 }
      try await shop.postgres.halt()
      // Longer than the greatest lag.
      let end = ContinuousClock.now + .seconds(3)
      while ContinuousClock.now < end {
        #expect(try await shop.get(path, session: session).status == 200)
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}

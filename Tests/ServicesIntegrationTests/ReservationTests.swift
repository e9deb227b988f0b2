import Clients
import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ReservationTests {
  private func reserve(
    _ shop: ShopUnderTest, at index: Int, id: String = UUID().uuidString, ttl: Int = 60, _ items: [(String, Int)]
  ) async throws -> Browser.Reply {
    let lines = items.map { "{\"sku\":\"\($0.0)\",\"quantity\":\($0.1)}" }.joined(separator: ",")
    return try await Browser.send(
      .POST, shop.inventories[index % 2], "/reservations",
      body: "{\"id\":\"\(id)\",\"items\":[\(lines)],\"ttl_seconds\":\(ttl)}")
  }

  @Test func aHundredAtOnceNeverGetMoreThanTheLastTen() async throws {
    var options = ShopUnderTest.Options()
    options.inventoryPool.acquireTimeout = .seconds(10)
    try await ShopUnderTest.with(options) { shop in
      try await shop.sql("inventory", "UPDATE stock SET initial = 10, on_hand = 10 WHERE sku = 'SKU-0001'")
      let replies = try await withThrowingTaskGroup(of: Browser.Reply.self) { group in
        for number in 0..<100 { group.addTask { try await reserve(shop, at: number, [("SKU-0001", 1)]) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.filter { $0.status == 201 }.count == 10)
      #expect(replies.filter { $0.status == 409 && $0.code == "out_of_stock" }.count == 90)
      let stock = try await shop.stock("SKU-0001")
      #expect(stock["on_hand"] == 0 && stock["reserved"] == 10)
      #expect(try await shop.unbalancedProducts() == "0")
    }
  }

  @Test func cartsInAnyOrderNeverWaitForEachOther() async throws {
    var options = ShopUnderTest.Options()
    options.inventoryPool.acquireTimeout = .seconds(10)
    try await ShopUnderTest.with(options) { shop in
      let skus = ["SKU-0001", "SKU-0002", "SKU-0003"]
      let replies = try await withThrowingTaskGroup(of: Browser.Reply.self) { group in
        for number in 0..<60 {
          let cart = (number % 2 == 0 ? skus : skus.reversed()).map { ($0, 1) }
          group.addTask { try await reserve(shop, at: number, cart) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.allSatisfy { $0.status == 201 })
      #expect(
        try await shop.sql("inventory", "SELECT deadlocks FROM pg_stat_database WHERE datname = 'inventory'") == "0")
    }
  }

  @Test func oneIdIsOneReservation() async throws {
    try await ShopUnderTest.with { shop in
      let id = UUID().uuidString.lowercased()
      let first = try await reserve(shop, at: 0, id: id, [("SKU-0001", 3)])
      let again = try await reserve(shop, at: 1, id: id, [("SKU-0001", 3)])
      #expect(first.status == 201 && again.status == 200 && first.body == again.body)
      let other = try await reserve(shop, at: 1, id: id, [("SKU-0001", 4)])
      #expect(other.status == 409 && other.code == "idempotency_conflict")
      #expect(try await shop.stock("SKU-0001")["reserved"] == 3)

      for _ in 0..<2 {
        let confirmed = try await Browser.send(.POST, shop.inventories[0], "/reservations/\(id)/confirm")
        #expect(confirmed.status == 200 && confirmed.string("status") == "confirmed")
      }
      #expect(try await shop.stock("SKU-0001")["sold"] == 3)
      for _ in 0..<2 {
        let released = try await Browser.send(.DELETE, shop.inventories[1], "/reservations/\(id)")
        #expect(released.status == 200 && released.string("status") == "released")
      }
      let refused = try await Browser.send(.POST, shop.inventories[0], "/reservations/\(id)/confirm")
      #expect(refused.status == 409 && refused.code == "wrong_state")
      #expect(try await shop.stock("SKU-0001")["on_hand"] == 1_000_000)
    }
  }

  @Test func aReleaseThatOvertakesItsReservationWins() async throws {
    try await ShopUnderTest.with { shop in
      let id = UUID().uuidString.lowercased()
      let released = try await Browser.send(.DELETE, shop.inventories[0], "/reservations/\(id)")
      #expect(released.status == 200)
      let late = try await reserve(shop, at: 1, id: id, [("SKU-0001", 1)])
      #expect(late.status == 409 && late.code == "wrong_state")
      #expect(try await shop.stock("SKU-0001")["reserved"] == 0)
    }
  }

  @Test func holdsThatRanOutComeBackOnce() async throws {
    var options = ShopUnderTest.Options()
    options.syncInterval = .milliseconds(50)
    try await ShopUnderTest.with(options) { shop in
      for number in 0..<6 {
        let ttl = number < 3 ? 1 : 600
        #expect(try await reserve(shop, at: number, ttl: ttl, [("SKU-0001", 2)]).status == 201)
      }
      try await eventually("expired holds are back", within: 10) { try await shop.stock("SKU-0001")["reserved"] == 6 }
      #expect(try await shop.stock("SKU-0001")["on_hand"] == 999_994)
      #expect(try await shop.unbalancedProducts() == "0")
    }
  }
}

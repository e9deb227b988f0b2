import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct OrderFlowTests {
  @Test func anOrderGoesThroughAllFiveServices() async throws {
    try await ShopUnderTest.with { shop in
      let list = try await Browser.send(.GET, shop.gateway, "/products?limit=3")
      #expect(list.status == 200)
      #expect(
        (list.json["products"] as? [[String: Any]])?.compactMap { $0["sku"] as? String } == [
          "SKU-0001", "SKU-0002", "SKU-0003",
        ])
      let product = try await Browser.send(.GET, shop.gateway, "/products/SKU-0002")
      let price = try #require(product.json["price_cents"] as? Int)

      let session = try await shop.session()
      let placed = try await shop.place(session, key: "flow-1", [("SKU-0002", 2), ("SKU-0001", 1)])
      #expect(placed.status == 201, "\(placed.body)")
      #expect(placed.string("status") == "confirmed")
      #expect(placed.headers.first(name: "X-Instance") == "gateway")
      let items = try #require(placed.json["items"] as? [[String: Any]])
      #expect(items.map { $0["sku"] as? String } == ["SKU-0001", "SKU-0002"])
      #expect(items.last?["price_cents"] as? Int == price)

      let stock = try await shop.stock("SKU-0002")
      #expect(stock["on_hand"] == 999_998 && stock["reserved"] == 0 && stock["sold"] == 2)
      #expect(try await shop.chargedKeys() == ["flow-1"])
      #expect(try await shop.sql("payments", "SELECT status FROM charges") == "charged")

      let id = placed.string("id")
      #expect(try await shop.get("/orders/\(id)", session: session).body == placed.body)
      let stranger = try await shop.session()
      let hidden = try await shop.get("/orders/\(id)", session: stranger)
      #expect(hidden.status == 404 && hidden.code == "not_found")
      let own = try await shop.get("/orders", session: session)
      #expect((own.json["orders"] as? [[String: Any]])?.count == 1)

      let report = try await Browser.send(.GET, shop.gateway, "/admin/report")
      #expect((report.json["orders"] as? [String: Int]) == ["confirmed": 1])

      for _ in 0..<2 {
        let cancelled = try await Browser.send(
          .POST, shop.gateway, "/orders/\(id)/cancel", headers: ["Cookie": "session=\(session)"])
        #expect(cancelled.status == 200 && cancelled.string("status") == "cancelled")
      }
      #expect(try await shop.stock("SKU-0002")["on_hand"] == 1_000_000)
      #expect(try await shop.unbalancedProducts() == "0")
      let events = "SELECT string_agg(event, ' ' ORDER BY id) FROM outbox"
      #expect(
        try await shop.sql("orders", events)
          == "order_placed order_reserved order_confirmed order_cancelling order_cancelled refund_due")
    }
  }

  @Test func aKeyGivesOneOrderAndOneReply() async throws {
    try await ShopUnderTest.with { shop in
      let session = try await shop.session()
      let first = try await shop.place(session, key: "same", [("SKU-0001", 2)])
      let again = try await shop.place(session, key: "same", [("SKU-0001", 2)])
      #expect(first.status == 201)
      #expect(again.status == 201 && again.body == first.body)
      let other = try await shop.place(session, key: "same", [("SKU-0001", 3)])
      #expect(other.status == 409 && other.code == "idempotency_conflict")
      let stranger = try await shop.place(try await shop.session(), key: "same", [("SKU-0001", 2)])
      #expect(stranger.status == 409 && stranger.code == "idempotency_conflict")

      let replies = try await withThrowingTaskGroup(of: Browser.Reply.self) { group in
        for _ in 0..<20 { group.addTask { try await shop.place(session, key: "rush", [("SKU-0002", 1)]) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(replies.map(\.status) == Array(repeating: 201, count: 20))
      #expect(Set(replies.map(\.body)).count == 1)
      #expect(try await shop.sql("orders", "SELECT count(*) FROM orders") == "2")
      #expect(try await shop.chargedKeys() == ["same", "rush"])
      #expect(try await shop.stock("SKU-0002")["sold"] == 1)
    }
  }

  @Test func refusedOrdersLeaveNothingBehind() async throws {
    try await ShopUnderTest.with { shop in
      try await shop.sql("inventory", "UPDATE stock SET initial = 1, on_hand = 1 WHERE sku = 'SKU-0007'")
      let session = try await shop.session()
      for _ in 0..<2 {
        let none = try await shop.place(session, key: "many", [("SKU-0001", 1), ("SKU-0007", 2)])
        #expect(none.status == 409 && none.code == "out_of_stock")
        let unknown = try await shop.place(session, key: "what", [("SKU-9999", 1)])
        #expect(unknown.status == 404 && unknown.code == "unknown_product")
      }
      try await shop.behave(#"{"decline_rate":1}"#)
      for _ in 0..<2 {
        let declined = try await shop.place(session, key: "poor", [("SKU-0001", 1)])
        #expect(declined.status == 402 && declined.code == "payment_declined")
      }
      #expect(try await shop.sql("inventory", "SELECT count(*) FROM stock WHERE initial <> on_hand") == "0")
      #expect(try await shop.sql("orders", "SELECT string_agg(DISTINCT status, ' ') FROM orders") == "failed")
      #expect(try await shop.chargedKeys().isEmpty)
    }
  }

  @Test func anUnknownChargeIsSettledByAskingAgain() async throws {
    try await ShopUnderTest.with { shop in
      let session = try await shop.session()
      try await shop.behave(#"{"silence_rate":1}"#)
      let unknown = try await shop.place(session, key: "lost", [("SKU-0001", 1)])
      #expect(unknown.status == 502 && unknown.code == "provider_error")
      #expect(try await shop.chargedKeys() == ["lost"])
      try await shop.behave(#"{"silence_rate":0}"#)
      let settled = try await shop.place(session, key: "lost", [("SKU-0001", 1)])
      #expect(settled.status == 201, "\(settled.body)")
      #expect(try await shop.chargedKeys() == ["lost"])
      let stock = try await shop.stock("SKU-0001")
      #expect(stock["sold"] == 1 && stock["reserved"] == 0)
    }
  }

  @Test func anOrderLeftHalfwayIsRecovered() async throws {
    var options = ShopUnderTest.Options()
    options.recoveryInterval = .milliseconds(50)
    try await ShopUnderTest.with(options) { shop in
      let session = try await shop.session()
      try await shop.behave(#"{"error_rate":1}"#)
      #expect(try await shop.place(session, key: "half", [("SKU-0001", 1)]).status == 502)
      try await shop.behave(#"{"error_rate":0}"#)
      try await eventually("the order is confirmed", within: 10) {
        try await shop.sql("orders", "SELECT status FROM orders") == "confirmed"
      }
      let reply = try await shop.place(session, key: "half", [("SKU-0001", 1)])
      #expect(reply.status == 201 && reply.string("status") == "confirmed")
      #expect(try await shop.chargedKeys() == ["half"])
      #expect(try await shop.unbalancedProducts() == "0")
    }
  }

  @Test func anOrderThatWasNeverReservedIsGivenUp() async throws {
    var options = ShopUnderTest.Options()
    options.recoveryInterval = .milliseconds(50)
    try await ShopUnderTest.with(options) { shop in
      let session = try await shop.session()
      try await shop.sql("inventory", "REVOKE INSERT ON reservation_items FROM inventory")
      let refused = try await shop.place(session, key: "never", [("SKU-0001", 1)])
      #expect(refused.status == 500 && refused.code == "database_error")
      try await eventually("the order is given up", within: 10) {
        try await shop.sql("orders", "SELECT status FROM orders") == "failed"
      }
      let reply = try await shop.place(session, key: "never", [("SKU-0001", 1)])
      #expect(reply.status == 409 && reply.code == "wrong_state")
      #expect(try await shop.unbalancedProducts() == "0")
    }
  }
}

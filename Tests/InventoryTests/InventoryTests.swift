import Clients
import FleetAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import Testing

@testable import Inventory

/// What the inventory refuses before it asks its database: none is there.
@Suite struct InventoryTests {
  private func application() throws -> some ApplicationProtocol {
    let host = ServiceHost(
      name: "inventory", common: CommonSettings(instance: "inventory-1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let database = DatabaseSettings(
      connection: PostgresConfiguration(host: "127.0.0.1", port: 1, database: "none", user: "none"),
      pool: PoolSettings(name: "inventory"))
    return host.application(try InventoryService.build(InventorySettings(database: database), host: host))
  }

  @Test(arguments: [
    (#"{"id":"0af76519-16cd-43dd-8448-eb211c80319c","items":[{"sku":"SKU-0001","quantity":0}]}"#, 422),
    (#"{"id":"0af76519-16cd-43dd-8448-eb211c80319c","items":[{"sku":"SKU-0001","quantity":101}]}"#, 422),
    (#"{"id":"0af76519-16cd-43dd-8448-eb211c80319c","items":[]}"#, 422),
    (#"{"id":"x","items":[{"sku":"SKU-0001","quantity":1}]}"#, 422),
    (#"{"id":"0af76519-16cd-43dd-8448-eb211c80319c","items":[{"sku":"a","quantity":1}],"ttl_seconds":0}"#, 422),
    (#"{"id":"#, 400),
  ])
  func badReservationsAreRefused(body: String, status: Int) async throws {
    try await application().test(.router) { client in
      let response = try await client.execute(uri: "/reservations", method: .post, body: ByteBuffer(string: body))
      #expect(response.status.code == status)
    }
  }

  @Test(arguments: ["/products/a%20b", "/stock/%00", "/reservations/x", "/nothing"])
  func whatCannotExistIsNotFound(uri: String) async throws {
    try await application().test(.router) { client in
      try await expect(404, client, uri: uri, method: .get)
    }
  }

  @Test func everyStatementHasItsFile() {
    for name in InventorySQL.allCases {
      let text = String(decoding: name.builtIn, as: UTF8.self)
      #expect(text.hasPrefix("-- "), "\(name.rawValue).sql says what it is for")
      #expect(text.count > 40)
    }
  }

  @Test func settingsHaveTheirDocumentedDefaults() throws {
    var reader = SettingsReader(environment: ["INVENTORY_DATABASE_HOST": "db"])
    let settings = InventorySettings(reading: &reader)
    try reader.finish()
    #expect(settings.redis == nil)
    #expect(settings.cache.ttl == .milliseconds(60_000))
    #expect(settings.syncInterval == .zero)
    #expect(settings.database.connection.database == "inventory")
  }
}

/// Sends a request and expects a status.
private func expect(
  _ status: Int, _ client: any TestClientProtocol, uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:],
  body: ByteBuffer? = nil
) async throws {
  let response = try await client.executeRequest(uri: uri, method: method, headers: headers, body: body)
  #expect(response.status.code == status, "\(method) \(uri)")
}

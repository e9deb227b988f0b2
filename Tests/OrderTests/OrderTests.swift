import Clients
import FleetAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import Testing

@testable import Order

/// What the order service refuses before it asks anybody: neither its database nor another service is there.
@Suite struct OrderTests {
  private func application() throws -> some ApplicationProtocol {
    let host = ServiceHost(
      name: "order", common: CommonSettings(instance: "order-1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let database = DatabaseSettings(
      connection: PostgresConfiguration(host: "127.0.0.1", port: 1, database: "none", user: "none"),
      pool: PoolSettings(name: "order"))
    let settings = OrderSettings(database: database, inventory: .list([]), payment: .list([]))
    return host.application(try OrderService.build(settings, host: host))
  }

  private func post(_ body: String, headers: HTTPFields) async throws -> (status: Int, code: ErrorCode) {
    try await application().test(.router) { client in
      let response = try await client.execute(
        uri: "/orders", method: .post, headers: headers, body: ByteBuffer(string: body))
      return (response.status.code, try JSONBody.decode(ErrorReply.self, from: response.body).error.code)
    }
  }

  private let good: HTTPFields = [.xSession: "s1", .idempotencyKey: "k1"]

  @Test func sessionAndKeyAreNeeded() async throws {
    let body = #"{"items":[{"sku":"SKU-0001","quantity":1}]}"#
    #expect(try await post(body, headers: [.idempotencyKey: "k1"]) == (401, .unauthorized))
    #expect(try await post(body, headers: [.xSession: "s1"]) == (400, .badHeader))
    #expect(try await post(body, headers: [.xSession: "s1", .idempotencyKey: "a b"]) == (400, .badHeader))
  }

  @Test(arguments: [
    (#"{"items":"#, 400), ("", 400), (#"{"items":[]}"#, 422), (#"{}"#, 422),
    (#"{"items":[{"sku":"SKU-0001","quantity":0}]}"#, 422), (#"{"items":[{"sku":"SKU-0001","quantity":101}]}"#, 422),
    (#"{"items":[{"sku":"SKU-0001","quantity":-1}]}"#, 422), (#"{"items":[{"sku":"a b","quantity":1}]}"#, 422),
    (#"{"items":[{"sku":"SKU-0001","quantity":"1"}]}"#, 422),
    (#"{"items":[{"sku":"SKU-0001","quantity":1},{"sku":"SKU-0001","quantity":1}]}"#, 422),
  ])
  func badOrdersAreRefused(body: String, status: Int) async throws {
    #expect(try await post(body, headers: good).status == status)
  }

  @Test func equalCartsAreEqualWhateverWasPutInFirst() throws {
    let first = CartItem(sku: "SKU-0001", quantity: 1)
    let second = CartItem(sku: "SKU-0002", quantity: 2)
    let hash = try OrderDesk.hash([first, second])
    #expect(try OrderDesk.hash([second, first]) == hash)
    #expect(try OrderDesk.hash([second]) != hash)
    #expect(try OrderDesk.hash([first, CartItem(sku: "SKU-0002", quantity: 1)]) != hash)
  }

  @Test func everyStatementHasItsFile() {
    for name in OrderSQL.allCases {
      #expect(
        String(decoding: name.builtIn, as: UTF8.self).hasPrefix("-- "), "\(name.rawValue).sql says what it is for")
    }
  }

  @Test func replicasAreSetBesideTheDatabase() {
    var reader = SettingsReader(environment: [
      "ORDER_DATABASE_HOST": "db", "ORDER_REPLICA_INSTANCES": "dns:replica:5432", "ORDER_READS": "replica",
    ])
    let settings = OrderSettings(reading: &reader)
    #expect(reader.problems.isEmpty && reader.unknownKeys(prefix: "ORDER_").isEmpty)
    #expect(settings.database.reads.source == .replica)
    reader = SettingsReader(environment: ["ORDER_DATABASE_HOST": "db"])
    #expect(OrderSettings(reading: &reader).database.reads.source == .primary)
  }

  @Test func aClaimOutlastsTheCallsOfAnOrder() {
    var reader = SettingsReader(environment: ["ORDER_DATABASE_HOST": "db", "ORDER_CLAIM": "8999"])
    _ = OrderSettings(reading: &reader)
    #expect(reader.problems.map(\.key) == ["ORDER_CLAIM"])
  }

  @Test func aClaimOutlastsAllAttemptsAndWaits() {
    var settings = [
      "ORDER_DATABASE_HOST": "db", "ORDER_PAYMENT_RETRY_MAX_ATTEMPTS": "3", "ORDER_PAYMENT_RETRY_MULTIPLIER": "1",
      "ORDER_CLAIM": "15199",
    ]
    var reader = SettingsReader(environment: settings)
    _ = OrderSettings(reading: &reader)
    #expect(reader.problems.map(\.key) == ["ORDER_CLAIM"], "3 x 2000 + 3 x 3000 + 2 x 100")
    settings["ORDER_CLAIM"] = "15200"
    reader = SettingsReader(environment: settings)
    #expect(OrderSettings(reading: &reader).paymentPolicy.longest == .milliseconds(9200))
    #expect(reader.problems.isEmpty)
  }
}

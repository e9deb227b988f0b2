import Clients
import FleetAPI
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import Testing

@testable import Payment

/// What payment refuses before it asks anybody.
@Suite struct PaymentTests {
  @Test(arguments: [
    (#"{"order_id":"x","amount_cents":1,"idempotency_key":"k"}"#, 422),
    (#"{"order_id":"0af76519-16cd-43dd-8448-eb211c80319c","amount_cents":-1,"idempotency_key":"k"}"#, 422),
    (#"{"order_id":"0af76519-16cd-43dd-8448-eb211c80319c","amount_cents":1,"idempotency_key":""}"#, 422),
    (#"{"order_id":"0af76519-16cd-43dd-8448-eb211c80319c","amount_cents":1}"#, 422), ("{", 400),
  ])
  func badChargesAreRefused(body: String, status: Int) async throws {
    let host = ServiceHost(
      name: "payment", common: CommonSettings(instance: "payment-1"),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let database = DatabaseSettings(
      connection: PostgresConfiguration(host: "127.0.0.1", port: 1, database: "none", user: "none"),
      pool: PoolSettings(name: "payment"))
    let settings = PaymentSettings(database: database, provider: Endpoint(host: "127.0.0.1", port: 1))
    let application = host.application(try PaymentService.build(settings, host: host))
    try await application.test(.router) { client in
      let response = try await client.execute(uri: "/charges", method: .post, body: ByteBuffer(string: body))
      #expect(response.status.code == status)
    }
  }

  @Test(arguments: [
    ("http://provider:8080", Endpoint(host: "provider", port: 8080)),
    ("http://127.0.0.1:9/", Endpoint(host: "127.0.0.1", port: 9)),
  ])
  func theProvidersAddressIsRead(url: String, endpoint: Endpoint) throws {
    var reader = SettingsReader(environment: ["PAYMENT_DATABASE_HOST": "db", "PAYMENT_PROVIDER_URL": url])
    #expect(PaymentSettings(reading: &reader).provider == endpoint)
    try reader.finish()
  }

  @Test(arguments: ["provider:8080", "https://provider:8080", "http://provider", "http://provider:8080/x"])
  func otherAddressesAreRefused(url: String) {
    var reader = SettingsReader(environment: ["PAYMENT_DATABASE_HOST": "db", "PAYMENT_PROVIDER_URL": url])
    _ = PaymentSettings(reading: &reader)
    #expect(reader.problems.map(\.key) == ["PAYMENT_PROVIDER_URL"])
  }

  @Test func everyStatementHasItsFile() {
    for name in PaymentSQL.allCases { #expect(String(decoding: name.builtIn, as: UTF8.self).hasPrefix("-- ")) }
  }
}

import Clients
public import ServiceKit

/// Charges orders through the payment company, each idempotency key once.
public enum PaymentService: FleetService {
  /// What it is called.
  public static let name = "payment"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> PaymentSettings {
    PaymentSettings(reading: &reader)
  }

  /// Puts it together.
  /// - Throws: when the SQL folder can't be used.
  public static func build(_ settings: PaymentSettings, host: ServiceHost) throws -> BuiltService {
    let database = try Database<PaymentSQL>(
      settings.database, logger: host.logger, connections: .connections
    ) { $0.builtIn }
    host.readiness.add("database", isCritical: true) { try await database.check() }
    let outbound = OutboundClient()
    let upstreams = Upstreams(.list([settings.provider]), logger: host.logger)
    let provider = UpstreamClient(
      service: "provider", upstreams: upstreams, policy: settings.providerPolicy, client: outbound)
    let router = host.makeRouter()
    PaymentRoutes(charges: Charges(database: database, provider: provider)).add(to: router)
    return BuiltService(router: router, services: [database.client, outbound])
  }
}

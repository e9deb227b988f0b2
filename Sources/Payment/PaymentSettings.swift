public import ServiceKit

/// What payment can be told, beside `DatabaseSettings` with the prefix `PAYMENT`.
///
/// - `PAYMENT_PROVIDER_URL` (default `http://provider:8080`): where the payment company is; only `http://host:port`.
/// - `PAYMENT_PROVIDER_...` as in `OutboundPolicy` (time-out by default 2000 ms).
public struct PaymentSettings: Sendable {
  /// The database.
  public var database: DatabaseSettings
  /// Where the payment company is.
  public var provider: Endpoint
  /// How it is called.
  public var providerPolicy: OutboundPolicy

  /// Settings as given.
  public init(
    database: DatabaseSettings, provider: Endpoint,
    providerPolicy: OutboundPolicy = OutboundPolicy(timeout: .seconds(2))
  ) {
    self.database = database
    self.provider = provider
    self.providerPolicy = providerPolicy
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    database = DatabaseSettings(reading: &reader, prefix: "PAYMENT", database: "payments")
    let url = reader.optionalText("PAYMENT_PROVIDER_URL") ?? "http://provider:8080"
    provider = Endpoint(host: "provider", port: 8080)
    var address = url.dropFirst(url.hasPrefix("http://") ? 7 : url.count)
    if address.last == "/" { address.removeLast() }
    if let given = Endpoint(address) {
      provider = given
    } else {
      reader.report("PAYMENT_PROVIDER_URL", value: url, allowed: "http://host:port")
    }
    providerPolicy = OutboundPolicy(reading: &reader, prefix: "PAYMENT", upstream: "PROVIDER", timeout: 2000)
  }
}

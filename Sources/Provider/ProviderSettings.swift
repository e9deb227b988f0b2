public import ServiceKit

/// What the provider can be told. It can charge `PROVIDER_CAPACITY` / `PROVIDER_LATENCY` times a second, not more; what
/// comes faster waits.
///
/// - `PROVIDER_LATENCY` (ms, default 20): how long one charge takes.
/// - `PROVIDER_CAPACITY` (charges, default 64): how many are worked on at once; the rest queue in the order they came.
/// - `PROVIDER_ERROR_RATE` (share, default 0): how many fail with 500 and charge nothing.
/// - `PROVIDER_TOKEN_FILE`: the file with the token that opens ledger and behaviour; without it both stay shut.
public struct ProviderSettings: Sendable {
  /// How long one charge takes.
  public var latency: Duration
  /// How many charges are worked on at once.
  public var capacity: Int
  /// The share of charges that fail and charge nothing, 0 to 1.
  public var errorRate: Double
  /// Opens ledger and behaviour; nil: they stay shut.
  public var token: String?

  /// Settings as given.
  public init(latency: Duration = .milliseconds(20), capacity: Int = 64, errorRate: Double = 0, token: String? = nil) {
    self.latency = latency
    self.capacity = capacity
    self.errorRate = errorRate
    self.token = token
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    latency = reader.milliseconds("PROVIDER_LATENCY", default: 20, in: 0...600_000)
    capacity = reader.integer("PROVIDER_CAPACITY", default: 64, in: 1...100_000, unit: "charges at once")
    errorRate = reader.number("PROVIDER_ERROR_RATE", default: 0, in: 0...1, unit: "share of charges")
    token = reader.secretFile("PROVIDER_TOKEN_FILE")
  }
}

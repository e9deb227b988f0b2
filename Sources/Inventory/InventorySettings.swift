public import ServiceKit

/// What the inventory can be told, beside `DatabaseSettings`, `ReadSettings` and `RedisSettings` with the prefix
/// `INVENTORY`.
///
/// - `INVENTORY_CACHE_TTL` (ms, default 60000): how long a product stays in the cache.
/// - `INVENTORY_SYNC_INTERVAL` (ms, default 0: never): how often holds that have run out are given back.
public struct InventorySettings: Sendable {
  /// The database.
  public var database: DatabaseSettings
  /// The cache; nil: none.
  public var redis: RedisSettings?
  /// How long a product stays in the cache.
  public var cacheTTL: Duration
  /// How often holds that have run out are given back; zero: never.
  public var syncInterval: Duration

  /// Settings as given.
  public init(
    database: DatabaseSettings, redis: RedisSettings? = nil, cacheTTL: Duration = .seconds(60),
    syncInterval: Duration = .zero
  ) {
    self.database = database
    self.redis = redis
    self.cacheTTL = cacheTTL
    self.syncInterval = syncInterval
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    database = DatabaseSettings(reading: &reader, prefix: "INVENTORY", database: "inventory")
    database.reads = ReadSettings(reading: &reader, prefix: "INVENTORY")
    redis = RedisSettings(reading: &reader, prefix: "INVENTORY")
    cacheTTL = reader.milliseconds("INVENTORY_CACHE_TTL", default: 60_000, in: 1...86_400_000)
    syncInterval = reader.milliseconds("INVENTORY_SYNC_INTERVAL", default: 0, in: 0...86_400_000)
  }
}

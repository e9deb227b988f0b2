public import ServiceKit

/// What the inventory can be told, beside `DatabaseSettings`, `ReadSettings` and `RedisSettings` with the prefix
/// `INVENTORY`, `CacheSettings` and `ReservationSettings`.
///
/// - `INVENTORY_SYNC_INTERVAL` (ms, default 0: never): how often holds that have run out are given back,
///   and, if that is on, stock is reconciled with reservations.
public struct InventorySettings: Sendable {
  /// The database.
  public var database: DatabaseSettings
  /// The cache; nil: none.
  public var redis: RedisSettings?
  /// How products are cached.
  public var cache: CacheSettings
  /// How reservations lock stock, and how it is reconciled.
  public var reservations = ReservationSettings()
  /// How often holds that have run out are given back; zero: never.
  public var syncInterval: Duration

  /// Settings as given.
  public init(
    database: DatabaseSettings, redis: RedisSettings? = nil, cacheTTL: Duration = .seconds(60),
    syncInterval: Duration = .zero
  ) {
    self.database = database
    self.redis = redis
    cache = CacheSettings(ttl: cacheTTL)
    self.syncInterval = syncInterval
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    database = DatabaseSettings(reading: &reader, prefix: "INVENTORY", database: "inventory")
    database.reads = ReadSettings(reading: &reader, prefix: "INVENTORY")
    redis = RedisSettings(reading: &reader, prefix: "INVENTORY")
    cache = CacheSettings(reading: &reader, hasRedis: redis != nil)
    reservations = ReservationSettings(reading: &reader)
    syncInterval = reader.milliseconds("INVENTORY_SYNC_INTERVAL", default: 0, in: 0...86_400_000)
  }
}

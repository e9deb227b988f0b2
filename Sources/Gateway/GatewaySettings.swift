import Clients
public import ServiceKit

/// What the gateway can be told, beside `RedisSettings` with the prefix `GATEWAY` (sessions; must be set).
///
/// - `GATEWAY_INVENTORY_INSTANCES` (default `dns:inventory:8080`), `GATEWAY_ORDER_INSTANCES` (default
///   `dns:order:8080`).
/// - `GATEWAY_INVENTORY_...` and `GATEWAY_ORDER_...` as in `OutboundPolicy` (time-outs by default 2000 and 10000 ms).
/// - `GATEWAY_SESSION_TTL` (ms, default 86400000): how long a session lasts.
/// - `GATEWAY_RATE_LIMIT` (requests a second, default 0: any number): how many a session may make.
/// - `GATEWAY_PRODUCT_CACHE_TTL` (ms, default 0: not at all): how long products are kept in memory.
public struct GatewaySettings: Sendable {
  /// The session store.
  public var redis: RedisSettings
  /// The instances of the inventory.
  public var inventory: InstanceSource
  /// The instances of the order service.
  public var order: InstanceSource
  /// How the inventory is called.
  public var inventoryPolicy = OutboundPolicy(timeout: .seconds(2))
  /// How the order service is called.
  public var orderPolicy = OutboundPolicy(timeout: .seconds(10))
  /// How long a session lasts.
  public var sessionTTL: Duration = .seconds(86_400)
  /// How many requests a second a session may make; 0: any number.
  public var rateLimit = 0
  /// How long products are kept in memory; zero: not at all.
  public var productCacheTTL: Duration = .zero

  /// Settings as given, the rest as by default.
  public init(redis: RedisSettings, inventory: InstanceSource, order: InstanceSource) {
    self.redis = redis
    self.inventory = inventory
    self.order = order
  }

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    let redis = RedisSettings(reading: &reader, prefix: "GATEWAY")
    if redis == nil {
      reader.report("GATEWAY_REDIS_HOST", value: nil, allowed: "the name or address of the Redis server for sessions")
    }
    self.redis = redis ?? RedisSettings(connection: .init(host: "redis"))
    inventory = reader.instances("GATEWAY_INVENTORY_INSTANCES", default: "dns:inventory:8080")
    order = reader.instances("GATEWAY_ORDER_INSTANCES", default: "dns:order:8080")
    inventoryPolicy = OutboundPolicy(reading: &reader, prefix: "GATEWAY", upstream: "INVENTORY", timeout: 2000)
    orderPolicy = OutboundPolicy(reading: &reader, prefix: "GATEWAY", upstream: "ORDER", timeout: 10_000)
    sessionTTL = reader.milliseconds("GATEWAY_SESSION_TTL", default: 86_400_000, in: 1000...2_592_000_000)
    rateLimit = reader.integer("GATEWAY_RATE_LIMIT", default: 0, in: 0...1_000_000, unit: "requests a second")
    productCacheTTL = reader.milliseconds("GATEWAY_PRODUCT_CACHE_TTL", default: 0, in: 0...86_400_000)
  }
}

import Clients
import FleetAPI
public import ServiceKit

/// The shop's public face: sessions, limits, and the way to the other services.
public enum GatewayService: FleetService {
  /// What it is called.
  public static let name = "gateway"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> GatewaySettings {
    GatewaySettings(reading: &reader)
  }

  /// Puts it together.
  public static func build(_ settings: GatewaySettings, host: ServiceHost) -> BuiltService {
    let outbound = OutboundClient()
    let inventory = Upstreams(settings.inventory, logger: host.logger)
    let order = Upstreams(settings.order, logger: host.logger)
    let redis = RedisClient(settings.redis.connection, logger: host.logger)
    // Without sessions, products can still be looked at.
    host.readiness.add("sessions", isCritical: false) { try await redis.ping() }
    for (name, upstreams) in [("inventory", inventory), ("order", order)] {
      host.readiness.add(name, isCritical: true) {
        if upstreams.endpoints.isEmpty { throw ServiceError(502, .upstreamUnreachable, "No instance is known.") }
      }
    }
    let routes = GatewayRoutes(
      inventory: UpstreamClient(
        service: "inventory", upstreams: inventory, policy: settings.inventoryPolicy, client: outbound),
      orders: UpstreamClient(
        service: "order", upstreams: order, policy: settings.orderPolicy, client: outbound),
      sessions: SessionStore(redis: redis, ttl: settings.sessionTTL),
      limiter: settings.rateLimit > 0 ? RateLimiter(perSecond: settings.rateLimit) : nil,
      cache: settings.productCacheTTL > .zero ? ReplyCache(ttl: settings.productCacheTTL) : nil)
    let router = host.makeRouter()
    routes.add(to: router)
    return BuiltService(router: router, services: [redis, inventory, order, outbound])
  }
}

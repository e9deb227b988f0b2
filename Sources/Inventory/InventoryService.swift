import Clients
import Logging
public import ServiceKit
import ServiceLifecycle

/// Owns products, their stock, and reservations of it.
public enum InventoryService: FleetService {
  /// What it is called.
  public static let name = "inventory"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> InventorySettings {
    InventorySettings(reading: &reader)
  }

  /// Puts it together.
  /// - Throws: when the SQL folder can't be used.
  public static func build(_ settings: InventorySettings, host: ServiceHost) throws -> BuiltService {
    let database = try Database<InventorySQL>(
      settings.database, logger: host.logger, connections: .connections, heartbeat: (.heartbeat, .heartbeatLook),
      readiness: host.readiness
    ) { $0.builtIn }
    var services: [any Service] = database.services
    host.readiness.add("database", isCritical: true) { try await database.check() }

    let redis = settings.redis.map { RedisClient($0.connection, logger: host.logger) }
    if let redis {
      services.append(redis)
      // Without its cache the service is slower, not useless.
      host.readiness.add("cache", isCritical: false) { try await redis.ping() }
    }
    let catalogue = Catalogue(
      database: database, cache: ProductCache(redis: redis, settings: settings.cache, logger: host.logger))
    let reservations = Reservations(
      database: database, instance: host.common.instance, settings: settings.reservations)
    if settings.syncInterval > .zero {
      let sync = StockSync(
        database: database, reservations: reservations, settings: settings.reservations, logger: host.logger)
      services.append(
        PeriodicJob("stock sync", every: settings.syncInterval, logger: host.logger) {
          try await sync.run()
        })
    }
    let router = host.makeRouter()
    database.addReadYourWrites(to: router)
    InventoryRoutes(catalogue: catalogue, reservations: reservations).add(to: router)
    return BuiltService(router: router, services: services)
  }
}

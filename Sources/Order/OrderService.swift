import Clients
public import ServiceKit
import ServiceLifecycle

/// Owns orders: takes them, has them reserved and paid, and undoes them.
public enum OrderService: FleetService {
  /// What it is called.
  public static let name = "order"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> OrderSettings {
    OrderSettings(reading: &reader)
  }

  /// Puts it together.
  /// - Throws: when the SQL folder can't be used.
  public static func build(_ settings: OrderSettings, host: ServiceHost) throws -> BuiltService {
    let database = try Database<OrderSQL>(
      settings.database, logger: host.logger, connections: .connections, heartbeat: (.heartbeat, .heartbeatLook),
      readiness: host.readiness
    ) { $0.builtIn }
    host.readiness.add("database", isCritical: true) { try await database.check() }
    let outbound = OutboundClient()
    let inventory = Upstreams(settings.inventory, logger: host.logger)
    let payment = Upstreams(settings.payment, logger: host.logger)
    let store = OrderStore(database: database)
    let workflow = OrderWorkflow(
      store: store,
      stock: StockClient(
        client: UpstreamClient(
          service: "inventory", upstreams: inventory, policy: settings.inventoryPolicy, client: outbound),
        ttl: settings.reservationTTL),
      till: TillClient(
        client: UpstreamClient(
          service: "payment", upstreams: payment, policy: settings.paymentPolicy, client: outbound)))
    let desk = OrderDesk(store: store, workflow: workflow, claim: settings.claim, repeatWait: settings.repeatWait)
    var services: [any Service] = database.services + [inventory, payment, outbound]
    if settings.recoveryInterval > .zero {
      let recovery = OrderRecovery(
        store: store, workflow: workflow, age: settings.recoveryAge, claim: settings.claim, logger: host.logger)
      services.append(
        PeriodicJob("order recovery", every: settings.recoveryInterval, logger: host.logger) {
          try await recovery.run()
        })
    }
    let router = host.makeRouter()
    database.addReadYourWrites(to: router)
    OrderRoutes(desk: desk, store: store).add(to: router)
    return BuiltService(router: router, services: services)
  }
}

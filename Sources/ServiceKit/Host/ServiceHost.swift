public import Hummingbird
public import Logging
public import NIOCore
public import ServiceLifecycle

/// What a service is built on: its name and settings that all services share, its log, and what it needs to be ready.
public struct ServiceHost: Sendable {
  /// The service, `inventory`.
  public let name: String
  /// The settings that all services share.
  public let common: CommonSettings
  /// The log.
  public let logger: Logger
  /// What the service takes on.
  public let inbound: InboundPolicy
  /// What the service needs to be ready.
  public let readiness = Readiness()

  /// A host that logs to `logger`.
  public init(name: String, common: CommonSettings, logger: Logger, inbound: InboundPolicy = InboundPolicy()) {
    self.name = name
    self.common = common
    self.logger = logger
    self.inbound = inbound
  }

  /// A router that has what every service answers: operations' routes, traces, metrics, errors as JSON.
  public func makeRouter() -> FleetRouter {
    let router = FleetRouter(context: FleetRequestContext.self)
    router.addMiddleware { EdgeMiddleware(instance: common.instance, logger: logger) }
    router.addMiddleware { BodyMiddleware(timeout: common.bodyTimeout) }
    if let admission = AdmissionMiddleware(inbound) { router.addMiddleware { admission } }
    OperationsRoutes.add(to: router, readiness: readiness)
    return router
  }

  /// The HTTP server of a built service.
  public func application(
    _ built: BuiltService, onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
  ) -> Application<FleetRouter.Responder> {
    Application(
      responder: built.router.buildResponder(),
      server: .http1(configuration: .init(idleTimeout: .nanoseconds(common.idleTimeout.nanoseconds))),
      configuration: .init(address: .hostname(common.host, port: common.port), backlog: 1024),
      onServerRunning: onServerRunning, logger: logger)
  }
}

/// A service, ready to run.
public struct BuiltService {
  /// Its routes.
  public var router: FleetRouter
  /// What runs beside the server, dependencies first: they start before it and end after it.
  public var services: [any Service]

  /// A service of these parts.
  public init(router: FleetRouter, services: [any Service] = []) {
    self.router = router
    self.services = services
  }
}

/// One of the fleet's services.
public protocol FleetService {
  /// What it can be told, beside what all services can.
  associatedtype Settings: Sendable
  /// What it is called.
  static var name: String { get }
  /// Reads its settings; what is wrong with them is noted in `reader`.
  static func settings(reading reader: inout SettingsReader) -> Settings
  /// Puts it together. Nothing runs and nothing is connected yet.
  /// - Throws: when a file that the settings name can't be used.
  static func build(_ settings: Settings, host: ServiceHost) throws -> BuiltService
}

import Metrics
public import ServiceKit

/// A TCP proxy whose links can be made slow, narrow, broken or silent, each fault under a lease. It passes bytes on and
/// knows nothing of what they mean.
public enum ProxyService: FleetService {
  /// What it is called.
  public static let name = "proxy"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> ProxySettings {
    ProxySettings(reading: &reader)
  }

  /// Puts it together.
  public static func build(_ settings: ProxySettings, host: ServiceHost) -> BuiltService {
    let engine = ProxyEngine(links: settings.links, host: host.common.host, limits: settings.limits)
    return build(settings, engine: engine, host: host)
  }

  static func build(_ settings: ProxySettings, engine: ProxyEngine, host: ServiceHost) -> BuiltService {
    let router = host.makeRouter()
    ControlRoutes(engine: engine, token: settings.token).add(to: router)
    host.readiness.add("links", isCritical: true) {
      guard try await engine.ask({ $0.links.count }) == settings.links.count else { throw ProxyEngine.Stopped() }
    }
    ProxyMetrics.describe()
    let metrics = ProxyMetrics(links: settings.links.map(\.name))
    let job = PeriodicJob("metrics", every: .seconds(1), logger: host.logger) {
      metrics.publish(try await engine.ask { loop in loop.links.map { $0.reply } })
    }
    return BuiltService(router: router, services: [engine, job])
  }
}

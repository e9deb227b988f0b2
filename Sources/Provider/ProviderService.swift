public import ServiceKit

/// The payment company, a simulator: it takes its time, takes only so much at once, and can fail in ways real ones do.
public enum ProviderService: FleetService {
  /// What it is called.
  public static let name = "provider"

  /// Reads its settings.
  public static func settings(reading reader: inout SettingsReader) -> ProviderSettings {
    ProviderSettings(reading: &reader)
  }

  /// Puts it together.
  public static func build(_ settings: ProviderSettings, host: ServiceHost) -> BuiltService {
    let router = host.makeRouter()
    let simulator = Simulator(
      behaviour: Behaviour(
        .init(latency: settings.latency, capacity: settings.capacity, errorRate: settings.errorRate)))
    ProviderRoutes(simulator: simulator, token: settings.token).add(to: router)
    return BuiltService(router: router)
  }
}

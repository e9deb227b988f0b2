import Logging
import LoopTasks
import Metrics
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Runs one service from settings to shutdown.
public enum ServiceMain {
  /// Runs until SIGTERM or SIGINT.
  /// - Returns: the exit code: 0 after a shutdown, 64 for wrong settings, 69 when the address can't be listened on, 70
  ///   for anything else.
  public static func run<Kind: FleetService>(_ kind: Kind.Type) async -> Int32 {
    // One event loop is plenty for one instance, and a hundred instances share this machine.
    NIOSingletons.groupLoopCountSuggestion = 1
    NIOSingletons.blockingPoolThreadCountSuggestion = 1
    var reader = SettingsReader()
    let common = CommonSettings(reading: &reader)
    let inbound = InboundPolicy(reading: &reader, prefix: kind.name.uppercased())
    let settings = kind.settings(reading: &reader)
    do {
      try reader.finish()
    } catch {
      JSONLogHandler.standardError("fleet \(kind.name): these settings are wrong\n\(error)\n")
      return 64
    }
    let logger = bootstrap(name: kind.name, common: common)
    for key in reader.unknownKeys(prefix: kind.name.uppercased() + "_") {
      logger.warning("unknown setting", metadata: ["key": "\(key)"])
    }
    do {
      let host = ServiceHost(name: kind.name, common: common, logger: logger, inbound: inbound)
      let built = try kind.build(settings, host: host)
      let server = host.application(built)
      var configuration = ServiceGroupConfiguration(
        services: (built.services + [server]).map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger)
      configuration.maximumGracefulShutdownDuration = common.shutdownGrace
      let group = ServiceGroup(configuration: configuration)
      let executor = LoopTaskExecutor(MultiThreadedEventLoopGroup.singleton.next())
      try await withTaskExecutorPreference(executor) { try await group.run() }
      return 0
    } catch let error as IOError {
      logger.critical("can't listen", metadata: ["host": "\(common.host)", "error": "\(error)"])
      return 69
    } catch {
      logger.critical("stopped", metadata: ["error": "\(error)"])
      return 70
    }
  }

  private static func bootstrap(name: String, common: CommonSettings) -> Logger {
    LoggingSystem.bootstrap { _ in
      JSONLogHandler(service: name, instance: common.instance, level: common.logLevel)
    }
    MetricDescriptions.add(to: PrometheusRegistry.shared)
    return Logger(label: name)
  }
}

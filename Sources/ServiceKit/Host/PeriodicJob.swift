public import Logging
public import ServiceLifecycle

/// Something that is done again and again until shutdown. A failure is logged and doesn't end it.
public struct PeriodicJob: Service {
  private let name: String
  private let interval: Duration
  private let logger: Logger
  private let work: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - interval: the pause between two runs.
  ///   - work: must end soon after it is cancelled.
  public init(
    _ name: String, every interval: Duration, logger: Logger, work: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.interval = interval
    self.logger = logger
    self.work = work
  }

  /// Runs until shutdown.
  public func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: interval)
        do {
          try await work()
        } catch is CancellationError {
          return
        } catch {
          logger.warning("\(name) failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }
}

extension Duration {
  /// The duration in whole milliseconds, rounded down.
  public var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}

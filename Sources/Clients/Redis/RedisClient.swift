public import Logging
public import ServiceLifecycle

/// Commands to one Redis server. Concurrent commands are pipelined; a lost connection is opened again with backoff, and
/// until then commands fail at once with `.disconnected`. It connects with the first command or with `run()`.
public struct RedisClient: Sendable, Service {
  let connections: RedisConnections

  /// Opens nothing yet.
  public init(_ configuration: RedisConfiguration, logger: Logger) {
    connections = RedisConnections(configuration, logger: logger)
  }

  /// Sends any command: `try await redis.command(["HSET", "key", "field", "value"])`.
  ///
  /// - Parameter timeout: nil: the configuration's `commandTimeout`.
  /// - Throws: `RedisError`; an error reply is thrown with code `.server`.
  @discardableResult
  public nonisolated(nonsending) func command(_ words: [RedisArgument], timeout: Duration? = nil) async throws
    -> RedisValue
  {
    let connections = self.connections
    let command = try RedisCommand(words, maxBytes: connections.configuration.maxCommandBytes)
    let deadline = ContinuousClock.now.advanced(by: timeout ?? connections.configuration.commandTimeout)
    return try await onReactor { call in connections.send(command, deadline: deadline, call) }
  }

  /// Connects and stays until a graceful shutdown or cancellation, then closes.
  public func run() async throws { await connections.run() }

  /// Closes the connections; later commands fail with `.closed`.
  public func shutDown() async { await connections.shutDown() }

  /// Whether a command could be sent now.
  public var isConnected: Bool {
    get async { await connections.isConnected }
  }
}

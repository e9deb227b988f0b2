public import Logging
public import Metrics
public import ServiceLifecycle

/// A pool of connections to one database, and what is done with them. Run it as a service: `run()` opens the idle
/// connections that are to be kept, and closes all on a graceful shutdown.
public struct PostgresClient: Sendable, Service {
  /// The connections.
  public let pool: PostgresPool

  /// Opens nothing yet: the first use or `run()` does. The pool's figures go to `metrics`.
  public init(
    _ configuration: PostgresConfiguration, pool settings: PoolSettings, logger: Logger,
    metrics factory: any MetricsFactory = MetricsSystem.factory
  ) {
    pool = PostgresPool(configuration, settings: settings, logger: logger, metrics: factory)
  }

  /// Runs one statement on any connection.
  ///
  /// - Parameter timeout: from now on, waiting for a connection included; nil: the configuration's `statementTimeout`,
  ///   from when the statement is sent.
  /// - Throws: `PostgresError`: `.poolTimeout` when all connections stayed in use, the reason when none could be
  /// opened.
  @discardableResult
  public nonisolated(nonsending) func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws
    -> PostgresResult
  {
    try await pool.query(query, timeout: timeout)
  }

  /// Runs statements without binds in the simple protocol, for instance a schema.
  @discardableResult
  public nonisolated(nonsending) func simpleQuery(_ sql: String, timeout: Duration? = nil) async throws
    -> PostgresTextResult
  {
    try await withConnection { try await $0.simpleQuery(sql, timeout: timeout) }
  }

  /// Lends a connection to `body`.
  @discardableResult
  public nonisolated(nonsending) func withConnection<R>(
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await pool.withConnection(body)
  }

  /// Lends a connection in a transaction: committed when `body` returns, rolled back when it throws or is cancelled.
  @discardableResult
  public nonisolated(nonsending) func withTransaction<R>(
    isolation: PostgresIsolation? = nil, readOnly: Bool = false,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await pool.withConnection { connection in
      try await connection.withTransaction(isolation: isolation, readOnly: readOnly, body)
    }
  }

  /// The pool at this moment.
  public var statistics: PoolStatistics {
    get async { await pool.statistics }
  }

  /// Keeps the pool until a graceful shutdown or cancellation, then closes it.
  public func run() async throws { try await pool.run() }
}

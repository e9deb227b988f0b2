import Clients
import Logging
import Metrics
import Synchronization

/// One replica: its connections, and whether it is read from.
final class Replica: Sendable {
  private struct State {
    var ejection = OutlierEjection()
    /// nil: freshness isn't measured.
    var gate: FreshnessGate?
  }

  let endpoint: Endpoint
  private let client: PostgresClient
  /// For measuring: a connection of its own, or a busy pool would look like a stale replica.
  private let monitor: PostgresClient?
  private let metrics: ReplicaMetrics
  private let logger: Logger
  private let state: Mutex<State>

  /// Whether the log of this server has been applied so far; a server that was promoted has a log of its own.
  private static let hasApplied = """
    SELECT coalesce(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
      >= $1::pg_lsn, false)
    """

  init(_ endpoint: Endpoint, primary: DatabaseSettings, logger: Logger) {
    let settings = primary.reads
    self.endpoint = endpoint
    self.logger = logger
    var connection = primary.connection
    connection.host = endpoint.host
    connection.port = endpoint.port
    connection.statementTimeout = settings.statementTimeout
    // A server that hangs doesn't confirm a cancel either, and the read has other places to go.
    connection.cancelGrace = .milliseconds(200)
    var pool = settings.pool
    pool.name = "\(primary.pool.name)@\(endpoint)"
    client = PostgresClient(connection, pool: pool, logger: logger)
    let isMeasured = settings.freshness == .marker
    monitor = isMeasured ? .monitor(of: connection, logger: logger) : nil
    metrics = ReplicaMetrics(pool: primary.pool.name, replica: endpoint.description)
    state = Mutex(State(gate: isMeasured ? FreshnessGate(maxLag: settings.maxLag) : nil))
  }

  /// Whether a read may try it now.
  func admit(at now: ContinuousClock.Instant = .now) -> Bool {
    state.withLock { ($0.gate?.isOpen ?? true) && $0.ejection.admit(at: now) }
  }

  /// Whether it is measured and was found too far behind, or not at all.
  var isStale: Bool { state.withLock { $0.gate.map { !$0.isOpen } ?? false } }

  /// Runs a read.
  /// - Parameter applied: how far the replica must be.
  /// - Returns: nil when it isn't that far.
  /// - Throws: `PostgresError`.
  func read(_ query: PostgresQuery, applied: LogSequenceNumber?) async throws -> PostgresResult? {
    do {
      let result = try await run(query, applied)
      note { $0.ejection.succeeded() }
      return result
    } catch let error as PostgresError {
      switch error.code {
      case _ where error.isUnavailable: note { $0.ejection.failed(isCertain: true, at: .now) }
      case .queryTimedOut: note { $0.ejection.failed(isCertain: false, at: .now) }
      default: break
      }
      throw error
    }
  }

  private func run(_ query: PostgresQuery, _ applied: LogSequenceNumber?) async throws -> PostgresResult? {
    guard let applied else { return try await client.query(query) }
    // One connection for both: behind one address there may be several servers.
    return try await client.withConnection { connection in
      let check = PostgresQuery(sql: Self.hasApplied, binds: [applied.postgresValue])
      guard try await connection.query(check).first?.decode(at: 0, as: Bool.self) == true else { return nil }
      return try await connection.query(query)
    }
  }

  /// Looks for the heartbeat.
  func measure(_ heartbeat: PostgresQuery, against beat: PrimaryBeat, timeout: Duration) async {
    guard let monitor else { return }
    let written = try? await monitor.query(heartbeat, timeout: timeout).first?.decode(at: 0, as: Int64.self)
    if Task.isCancelled { return }
    let now = ContinuousClock.now
    note { state in
      if let written {
        state.gate?.measured(beat.lag(of: written, at: now), at: now)
        // It answers: reads needn't wait for an ejection to end.
        state.ejection.succeeded()
      } else {
        state.gate?.missed(at: now)
      }
    }
  }

  /// Closes its connections.
  func close() async {
    await client.pool.shutDown()
    await monitor?.pool.shutDown()
  }

  private func note(_ change: (inout State) -> Void) {
    let now = ContinuousClock.now
    let (before, after, lag) = state.withLock { state in
      let before = Self.isIn(state)
      change(&state)
      return (before, Self.isIn(state), state.gate?.lag(at: now))
    }
    metrics.show(lag: lag, inRotation: after)
    guard before != after else { return }
    logger.log(
      level: after ? .info : .warning, after ? "a replica is read from" : "a replica isn't read from",
      metadata: ["replica": "\(endpoint)", "lag_ms": "\(lag.map { "\($0.milliseconds)" } ?? "unknown")"])
  }

  private static func isIn(_ state: State) -> Bool {
    (state.gate?.isOpen ?? true) && !state.ejection.isEjected
  }
}

extension PostgresClient {
  /// One connection beside the pool, which is in no metric.
  static func monitor(of connection: PostgresConfiguration, logger: Logger) -> PostgresClient {
    var connection = connection
    connection.applicationName += "-heartbeat"
    let pool = PoolSettings(
      name: connection.applicationName, max: 1, acquireTimeout: .seconds(1), connectTimeout: .seconds(1),
      backoffCap: .milliseconds(500))
    return PostgresClient(connection, pool: pool, logger: logger, metrics: NOOPMetricsHandler.instance)
  }
}

import Clients
import Metrics
import Synchronization

/// Looks now and then how full the database server is: `postgres_server_connections` and
/// `postgres_server_max_connections`.
///
/// It uses a connection that is in hand anyway. One of its own would take one of the very slots that it counts, and
/// could not be had when they are short.
final class ConnectionSampler: Sendable {
  private let sql: String
  private let used: GaugeCell
  private let most: GaugeCell
  private let nextSample = Mutex(ContinuousClock.now)

  /// The least time between two looks.
  static let interval: Duration = .seconds(2)
  /// How long what was seen is shown. Longer, and an instance that has nothing to do would tell of a peak long over;
  /// shorter, and nobody would tell of a server that is full and lets nobody look.
  static let validity: Duration = .seconds(10)

  init(database: String, sql: String) {
    self.sql = sql
    let labels = [("database", database)]
    used = PrometheusRegistry.shared.gauge("postgres_server_connections", labels)
    most = PrometheusRegistry.shared.gauge("postgres_server_max_connections", labels)
    // Nothing has been seen yet.
    used.set(0, freshFor: .zero)
    most.set(0, freshFor: .zero)
  }

  /// Whether it is time for a look; if so, the next is due only after the interval.
  func isDue() -> Bool {
    nextSample.withLock { next in
      let now = ContinuousClock.now
      guard next <= now else { return false }
      next = now + Self.interval
      return true
    }
  }

  /// Takes a look. A failure changes nothing: the request whose connection this is has its answer already.
  nonisolated(nonsending) func sample(_ connection: PostgresConnection) async {
    guard let result = try? await connection.query(PostgresQuery(sql: sql), timeout: .milliseconds(500)),
      let row = result.first, let counts = try? row.decode((Int, Int).self)
    else { return }
    used.set(Double(counts.0), freshFor: Self.validity)
    most.set(Double(counts.1), freshFor: Self.validity)
  }
}

import Metrics

/// Counts reads by where they went: `db_reads_total{pool,source,reason}`. Reads that decide something always go to the
/// primary and aren't counted here.
struct ReadMetrics: Sendable {
  private let counters: [ReadReason: Counter]

  init(pool: String) {
    PrometheusRegistry.shared.describe("db_reads_total", "Reads that a replica may answer, by server and reason.")
    let pairs = ReadReason.allCases.map { reason in
      let labels = [("pool", pool), ("source", reason.source), ("reason", reason.rawValue)]
      return (reason, Counter(label: "db_reads_total", dimensions: labels))
    }
    counters = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  func count(_ reason: ReadReason) { counters[reason]?.increment() }
}

/// A replica as it is seen from here: `db_replica_lag_seconds` and `db_replica_in_rotation`.
struct ReplicaMetrics: Sendable {
  private let lag: GaugeCell
  private let inRotation: GaugeCell
  /// A replica that nobody measures any more isn't shown for ever.
  private static let validity: Duration = .seconds(30)

  init(pool: String, replica: String) {
    let registry = PrometheusRegistry.shared
    registry.describe("db_replica_lag_seconds", "Age of what the replica has applied, by the heartbeat.")
    registry.describe("db_replica_in_rotation", "Whether the replica is read from: 1 or 0.")
    lag = registry.gauge("db_replica_lag_seconds", [("pool", pool), ("replica", replica)])
    inRotation = registry.gauge("db_replica_in_rotation", [("pool", pool), ("replica", replica)])
    lag.set(0, freshFor: .zero)
    inRotation.set(0, freshFor: .zero)
  }

  func show(lag duration: Duration?, inRotation isIn: Bool) {
    inRotation.set(isIn ? 1 : 0, freshFor: Self.validity)
    guard let duration else { return lag.set(0, freshFor: .zero) }
    lag.set(Double(duration.nanoseconds) / 1e9, freshFor: Self.validity)
  }
}

import Metrics

/// The pool's figures for the process's metrics system. Names follow OpenTelemetry's conventions for database pools.
@Reactor
final class PoolMetrics {
  private let used: Gauge
  private let idle: Gauge
  private let pending: Gauge
  private let timeouts: Counter
  private let waitTime: Metrics.Timer
  private var shown: (used: Int, idle: Int, pending: Int) = (-1, -1, -1)

  nonisolated init(_ settings: PoolSettings, factory: any MetricsFactory) {
    let pool = [("pool", settings.name)]
    used = Gauge(label: "db_client_connection_count", dimensions: pool + [("state", "used")], factory: factory)
    idle = Gauge(label: "db_client_connection_count", dimensions: pool + [("state", "idle")], factory: factory)
    pending = Gauge(label: "db_client_connection_pending_requests", dimensions: pool, factory: factory)
    timeouts = Counter(label: "db_client_connection_timeouts_total", dimensions: pool, factory: factory)
    waitTime = Metrics.Timer(
      label: "db_client_connection_wait_time_seconds", dimensions: pool,
      preferredDisplayUnit: .seconds, factory: factory)
    Gauge(label: "db_client_connection_max", dimensions: pool, factory: factory).record(settings.max)
    used.record(0)
    idle.record(0)
    pending.record(0)
    timeouts.increment(by: 0)
  }

  func show(_ machine: PoolStateMachine) {
    let now = (machine.inUse, machine.idle.count, machine.waiters.count)
    if now.0 != shown.used { used.record(now.0) }
    if now.1 != shown.idle { idle.record(now.1) }
    if now.2 != shown.pending { pending.record(now.2) }
    shown = now
  }

  func waited(_ duration: Duration) {
    let parts = duration.components
    waitTime.recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
  }

  func timedOut() { timeouts.increment() }
}

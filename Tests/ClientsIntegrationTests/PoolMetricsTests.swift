import Clients
import Metrics
import MetricsTestKit
import TestServers
import Testing

/// What the pool tells the metrics system that it is given.
@Suite struct PoolMetricsTests {
  @Test func figuresFollowThePool() async throws {
    let metrics = TestMetrics()
    let pool = [("pool", "measured")]
    func gauge(_ name: String, _ state: String? = nil) throws -> Double? {
      try metrics.expectGauge(name, state.map { pool + [("state", $0)] } ?? pool).lastValue
    }
    let settings = Shared.pool("measured", max: 1, acquireTimeout: .seconds(1))
    try await withClient(Shared.configuration(Shared.postgres.value), settings, metrics: metrics) { client in
      try await eventually("it is open") { (try? await client.query("SELECT 1")) != nil }
      let inVain = await client.statistics.timeouts
      #expect(try gauge("db_client_connection_max") == 1)
      #expect(try gauge("db_client_connection_count", "idle") == 1)
      try await client.withConnection { _ in
        #expect(try gauge("db_client_connection_count", "used") == 1)
        #expect(try gauge("db_client_connection_count", "idle") == 0)
        let waiter = Task { try await client.query("SELECT 1") }
        try await eventually("it waits") { try gauge("db_client_connection_pending_requests") == 1 }
        await #expect(throws: PostgresError.self) { try await waiter.value }
      }
      let statistics = await client.statistics
      #expect(statistics.timeouts == inVain + 1)
      let timeouts = try metrics.expectCounter("db_client_connection_timeouts_total", pool)
      #expect(timeouts.totalValue == Int64(statistics.timeouts))
      let waits = try metrics.expectTimer("db_client_connection_wait_time_seconds", pool)
      #expect(waits.values.count == statistics.acquired)
      #expect(try gauge("db_client_connection_pending_requests") == 0)
    }
  }
}

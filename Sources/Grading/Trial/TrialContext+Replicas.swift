import Clients
import DrillCore
import Engine
import Load
import Probes

// How much of the reading the replicas do.
extension TrialContext {
  /// The servers of the lab that follow the primary and let the judge in.
  private func replicas(of database: String) async -> [(node: String, probe: DatabaseProbe)] {
    var result: [(String, DatabaseProbe)] = []
    for candidate in await candidates(database: database) {
      let look = try? await candidate.probe.query("SELECT pg_is_in_recovery()")
      if look?.rows.first?.first == "t" { result.append(candidate) }
    }
    return result
  }

  /// Records how often each server has looked into the table of orders, under `NAME.scans`: its own count, which only
  /// reads that reach it can raise.
  ///
  /// Sessions report what they did at the latest a second after it; the look is repeated until nothing changes any
  /// more.
  func scans(_ name: String) async {
    let sql = """
      SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables
      WHERE relid = 'orders.orders'::regclass
      """
    var last: [[String?]] = []
    for _ in 0..<6 {
      var rows: [[String?]] = []
      for replica in await replicas(of: "orders") {
        let count = try? await replica.probe.query(sql).rows.first?.first
        rows.append([replica.node, "replica", count ?? nil])
      }
      if !last.isEmpty, rows == last { break }
      last = rows
      try? await Task.sleep(for: .milliseconds(600))
    }
    recorder.record(.rows(RowsEvent(name: "\(name).scans", columns: ["node", "role", "scans"], rows: last)))
  }
}

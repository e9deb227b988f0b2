import Clients
import DrillCore
import Engine
import Probes

// Looks at work beside the shop: by what the server is doing.
extension FaultLook {
  private static let isSlow = "state = 'active' AND clock_timestamp() - query_start >= interval '100 ms'"
  /// A job does one small thing after the other.
  private static let isBusy = "state <> 'idle' AND clock_timestamp() - state_change < interval '1 s'"

  /// As many sessions as were ordered must be at work at once; slow ones for a while already.
  func pressure(_ kind: String, _ parameters: [String: String]) async -> (Bool, String) {
    let host = parameters["host"] ?? ""
    guard let node = try? await context.engine.nodes().first(where: { $0.name == host }),
      let password = try? context.engine.secret("postgres-password")
    else { return (false, "there is no server \(host)") }
    let database = DatabaseProbe(
      host: node.address, database: parameters["database"] ?? "", user: "postgres", password: password)
    let isSlow = kind == "slow-queries"
    let wanted = parameters["count"].flatMap { Int($0) } ?? 1
    let sql = """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = \(sqlLiteral(isSlow ? "report" : "job"))
        AND \(isSlow ? Self.isSlow : Self.isBusy)
      """
    var most = 0
    var words = ""
    for _ in 0..<40 where most < wanted {
      do {
        let count = try await database.query(sql, timeout: .seconds(2)).rows.first?.first.flatMap { $0 }
        most = max(most, count.flatMap { Int($0) } ?? 0)
      } catch {
        words = "; \(error)"
      }
      if most < wanted { try? await Task.sleep(for: .milliseconds(50)) }
    }
    return (most >= wanted, "\(most) of \(wanted) sessions were at work at once\(words)")
  }
}

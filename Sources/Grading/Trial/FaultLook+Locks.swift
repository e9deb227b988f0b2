import Clients
import DrillCore
import Engine
import Probes

// Looks at locks: by what the server says to somebody who wants them too.
extension FaultLook {
  /// Whoever does not want to wait for the product must be told that it is taken (55P03).
  func heldRow(_ sku: String) async -> (Bool, String) {
    guard let database = context.memory.database("inventory") else { return (false, "there is no database") }
    do {
      _ = try await database.query(
        "SELECT 1 FROM inventory.stock WHERE sku = \(sqlLiteral(sku)) FOR UPDATE NOWAIT", timeout: .seconds(2))
      return (false, "\(sku) could be locked")
    } catch let error as PostgresError where error.sqlState == "55P03" {
      return (true, "\(sku) is taken")
    } catch {
      return (false, "\(error)")
    }
  }

  /// The server's count of deadlocks must grow.
  func countedDeadlock() async -> (Bool, String) {
    guard let database = context.memory.database("inventory") else { return (false, "there is no database") }
    let sql = "SELECT sum(deadlocks) FROM pg_stat_database WHERE datname IN ('inventory', 'orders')"
    var first: Double?
    var words = "the count did not grow"
    for _ in 0..<40 {
      do {
        let count = try await database.query(sql).rows.first?.first.flatMap { $0 }.flatMap { Double($0) }
        if let first, let count, count > first { return (true, "the server counted \(Int(count - first))") }
        first = first ?? count
      } catch {
        words = "\(error)"
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
    return (false, words)
  }
}

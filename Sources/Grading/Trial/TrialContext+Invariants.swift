import Clients
import DrillCore
import Engine
import Load
import Probes
import Topology

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// After a trial: everything that the invariants of the shop are checked against.
extension TrialContext {
  /// Records stock, reservations, orders, charges, the provider's book, and the durability of the databases.
  func lookAfter(trial: String) async {
    await rows("stock.after", Self.stockSQL, in: "inventory")
    let requests = recorder.history.requests.filter { $0.outcome == .ok }
    let reserved = requests.filter { $0.op == DrillCore.Operation.reserve.rawValue }.compactMap(\.key)
    if !reserved.isEmpty {
      await rows(
        "reservations",
        "SELECT id, instance, status FROM inventory.reservations WHERE id IN (\(list(reserved))) ORDER BY id",
        in: "inventory")
    }
    let placing: Set = [DrillCore.Operation.order.rawValue, DrillCore.Operation.orderAgain.rawValue]
    let orders = Set(requests.filter { placing.contains($0.op) }.compactMap { $0.labels?["order"] }).sorted()
    if !orders.isEmpty {
      await rows(
        "orders",
        """
        SELECT o.id, k.key, o.status, o.total_cents FROM orders.orders o
        LEFT JOIN orders.idempotency_keys k ON k.order_id = o.id WHERE o.id IN (\(list(orders))) ORDER BY o.id
        """, in: "orders")
      await rows(
        "payments",
        """
        SELECT order_id, idempotency_key AS key, amount_cents, status FROM payments.charges
        WHERE order_id IN (\(list(orders))) ORDER BY order_id
        """, in: "payments")
      await ledger()
    }
    await durability()
  }

  private func list(_ values: [String]) -> String { values.map(sqlLiteral).joined(separator: ",") }

  private struct Ledger: Decodable {
    struct Charge: Decodable {
      var key: String
      var amount: Int64
      enum CodingKeys: String, CodingKey {
        case key = "idempotency_key"
        case amount = "amount_cents"
      }
    }
    var charges: [Charge]
  }

  /// Remembers what stands in the provider's book before any load of ours. Without that nobody knows afterwards which
  /// charges are of this grade, and the verdict can't be that all are right.
  func ledgerBefore() async {
    do {
      let company = try await node(of: "provider").pid
      memory.keep(earlierCharges: Set(try await charges().map(\.key)), of: company)
    } catch {
      dead("ledger.before", error)
    }
  }

  private func charges() async throws -> [Ledger.Charge] {
    try JSONDecoder().decode(Ledger.self, from: try await provider("GET", "/v1/ledger")).charges
  }

  /// The provider's book: the keys of our orders, any key that stands there twice, and those that came since the grade
  /// began and that the shop's own table of charges doesn't know.
  private func ledger() async {
    do {
      // The book first: whatever stands in it was in the shop's table before, or never will be.
      let charges = try await charges()
      // It lives as long as the process.
      guard try await node(of: "provider").pid == memory.company || memory.earlierCharges == nil else {
        throw GradingError("the payment company began a new book in the midst of the grade")
      }
      guard let table = memory.database("payments") else { throw GradingError("the payments were not found") }
      let known = Set(
        try await table.query("SELECT idempotency_key FROM payments.charges").rows.compactMap { $0.first ?? nil })
      let ours = Set((recorder.history.rows("payments").last?.values(of: "key") ?? []).compactMap { $0 })
      var counts: [String: (amount: Int64, times: Int)] = [:]
      for charge in charges { counts[charge.key] = (charge.amount, counts[charge.key, default: (0, 0)].times + 1) }
      let chosen = counts.filter { ours.contains($0.key) || $0.value.times > 1 }.sorted { $0.key < $1.key }
      recorder.record(
        .rows(
          RowsEvent(
            name: "ledger", columns: ["key", "amount_cents", "times"],
            rows: chosen.map { [$0.key, "\($0.value.amount)", "\($0.value.times)"] })))
      guard let earlier = memory.earlierCharges else { return }
      let strangers = counts.keys.filter { key in
        !known.contains(key) && !earlier.contains(key) && !key.hasPrefix(Self.ownKeys)
      }.sorted()
      recorder.record(
        .rows(RowsEvent(name: "ledger.strangers", columns: ["key"], rows: strangers.prefix(100).map { [$0] })))
    } catch {
      dead("ledger", error)
    }
  }

  /// What the judge's own questions to the provider begin with.
  static let ownKeys = "judge-"

  private func durability() async {
    sessionSettings()
    var seen: Set<String> = []
    for database in ["inventory", "orders", "payments"] {
      guard let source = memory.database(database) else {
        dead("unlogged", GradingError("the database \(database) was not found"))
        continue
      }
      let node = memory.databaseNode(database) ?? database
      do {
        if seen.insert(node).inserted {
          try await settings(Self.settingsSQL, source, scope: node)
          try await settings(Self.roleSettingsSQL, source, scope: node)
        }
        let unlogged = try await source.query(Self.unloggedSQL).rows.first ?? []
        let count = unlogged.first.flatMap { $0 }.flatMap { Double($0) } ?? 0
        probe("unlogged", ok: count == 0, value: count, text: unlogged.last ?? nil, labels: ["node": node])
      } catch {
        dead("unlogged", error, labels: ["node": node])
      }
    }
  }

  /// What the services tell the server for their own sessions, which nobody else's session shows.
  private func sessionSettings() {
    for service in topology.services where !service.judge {
      for (name, value) in service.environment.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
        let scope = ["scope": "the sessions of \(service.name)", "name": "synchronous_commit"]
        if name.hasSuffix("_SYNCHRONOUS_COMMIT") { probe("setting", ok: true, text: value, labels: scope) }
        guard name == "PGOPTIONS" else { continue }
        for match in value.matches(of: /synchronous_commit\s*=\s*(\w+)/) {
          probe("setting", ok: true, text: String(match.1), labels: scope)
        }
      }
    }
  }

  private func settings(_ sql: String, _ source: DatabaseProbe, scope: String) async throws {
    for row in try await source.query(sql).rows {
      guard row.count == 3, let name = row[0], let value = row[1] else { continue }
      let place = row[2].map { "\(scope), \($0)" } ?? scope
      probe("setting", ok: true, text: value, labels: ["name": name, "scope": place])
    }
  }

  private static let settingsSQL = """
    SELECT name, setting, NULL FROM pg_settings
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name
    """

  /// What roles and databases override, which would not show in the judge's own session; and what the settings files
  /// say, which an override for the judge's role would hide.
  private static let roleSettingsSQL = """
    SELECT split_part(c, '=', 1), split_part(c, '=', 2), coalesce('role ' || r.rolname, 'database ' || d.datname)
    FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS c
    LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
    WHERE split_part(c, '=', 1) IN ('fsync', 'synchronous_commit', 'full_page_writes')
    UNION ALL
    SELECT name, setting, 'the settings file' FROM pg_file_settings
    WHERE applied AND name IN ('fsync', 'synchronous_commit', 'full_page_writes')
      AND lower(setting) IN ('off', 'false', 'no', '0')
    """

  private static let unloggedSQL = """
    SELECT count(*), string_agg(n.nspname || '.' || c.relname, ', ') FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND c.relkind = 'r' AND c.relpersistence <> 'p'
    """
}

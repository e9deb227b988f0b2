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

// Where the databases are, and what stands in them.
extension TrialContext {
  /// The name of the secret with a service's database password, as the lab's compose file says it.
  func passwordSecret(of service: String) -> String {
    let prefix = service.uppercased()
    let file = topology.service(service)?.environment["\(prefix)_DATABASE_PASSWORD_FILE"] ?? ""
    return file.split(separator: "/").last.map(String.init) ?? "\(service)-db-password"
  }

  /// Finds the Postgres that a service really writes to: the one in which a reservation that was just made stands. A
  /// lab may have moved it or put a pooler in front; what its files say does not matter here.
  func locateDatabases(trial: String) async {
    if memory.database("inventory") == nil {
      await locateInventory(targets((try? await instances(of: "inventory")) ?? []), trial: trial)
    }
    for (name, table) in [("orders", "orders.orders"), ("payments", "payments.charges")]
    where memory.database(name) == nil {
      for candidate in await candidates(database: name) {
        let sql = "SELECT pg_is_in_recovery(), count(*) FROM \(table) WHERE false"
        if let result = try? await candidate.probe.query(sql), result.rows.first?.first == "f" {
          memory.keep(candidate.probe, of: candidate.node, as: name)
          break
        }
      }
    }
  }

  private func locateInventory(_ targets: [PlannedRequest.Target], trial: String) async {
    let candidates = await candidates(database: "inventory")
    var random = SeededRandom(seed: seed, name: "\(trial).locate")
    for target in random.shuffled(targets).prefix(5) {
      let id = random.uuid()
      guard await reserve(id, at: target) else { continue }
      for candidate in candidates {
        let sql = "SELECT pg_is_in_recovery(), count(*) FROM inventory.reservations WHERE id = \(sqlLiteral(id))"
        if let result = try? await candidate.probe.query(sql), result.rows.first == ["f", "1"] {
          probe("database", ok: true, labels: ["name": "inventory", "node": candidate.node])
          return memory.keep(candidate.probe, of: candidate.node, as: "inventory")
        }
      }
    }
    // Nothing could be reserved, or it went nowhere known: then the node of the lab's beginning is what is judged.
    guard let usual = candidates.first(where: { $0.node == "inventory-db" }) ?? candidates.first else {
      return dead("database", GradingError("no Postgres of the lab lets the judge in"))
    }
    probe("database", ok: false, labels: ["name": "inventory", "node": usual.node])
    memory.keep(usual.probe, of: usual.node, as: "inventory")
  }

  private func reserve(_ id: String, at target: PlannedRequest.Target) async -> Bool {
    let sku = products.reservable[0]
    let body = "{\"id\":\"\(id)\",\"items\":[{\"sku\":\"\(sku)\",\"quantity\":1}],\"ttl_seconds\":60}"
    let begin = recorder.now
    let url = "http://\(target.authority)/reservations"
    let reply = try? await http.send("POST", url, json: body, timeout: .seconds(2))
    let outcome = reply.map { Outcome(status: $0.status) } ?? .unknown
    recorder.record(
      .request(
        RequestEvent(
          stream: "judge", op: DrillCore.Operation.reserve.rawValue, target: target.name, scheduled: begin, sent: begin,
          done: recorder.now, status: reply?.status, outcome: outcome, instance: reply?.instance, key: id)))
    return outcome == .ok
  }

  /// The servers of the lab that let the judge into `database`, the usual node first.
  ///
  /// - Parameter relays: nodes that pass connections on to a server elsewhere count, too. Else what is done to a node
  ///   would be done to nobody, and what a server counts would be counted twice.
  func candidates(database: String, relays: Bool = false) async -> [(node: String, probe: DatabaseProbe)] {
    let shop: Set = ["gateway", "inventory", "order", "payment"]
    guard let nodes = try? await engine.nodes(), let password = try? engine.secret("postgres-password") else {
      return []
    }
    let usual = database == "inventory" ? "inventory-db" : "postgres"
    let others = nodes.filter { !$0.judge && $0.isUp && !shop.contains($0.service) }
      .sorted { ($0.name == usual ? 0 : 1, $0.name) < ($1.name == usual ? 0 : 1, $1.name) }
    var result: [(String, DatabaseProbe)] = []
    for node in others {
      let probe = DatabaseProbe(host: node.address, database: database, user: "postgres", password: password)
      guard let look = try? await probe.query("SELECT host(inet_server_addr())", timeout: .seconds(2)),
        relays || look.rows.first?.first == node.address
      else { continue }
      memory.wasLetIn(by: node.name)
      result.append((node.name, probe))
    }
    return result
  }

  /// Servers of the lab that let the judge in once, are up, and are not among those that do now.
  func silentServers(besides answering: [String]) async -> [String] {
    let up = ((try? await engine.nodes()) ?? []).filter(\.isUp).map(\.name)
    return memory.servers.intersection(up).subtracting(answering).sorted()
  }

  /// Records what a query returns under `name`; a query that fails records a dead probe.
  func rows(_ name: String, _ sql: String, in database: String) async {
    guard let source = memory.database(database) else {
      return dead(name, GradingError("the database \(database) was not found"))
    }
    do {
      let result = try await source.query(sql)
      recorder.record(.rows(RowsEvent(name: name, columns: result.columns, rows: result.rows)))
    } catch {
      dead(name, error)
    }
  }

  /// Before a window: the stock, the markers, the prices.
  func lookBefore(trial: String) async {
    if memory.isFirstLookAtStock() {
      await rows("stock.before", Self.stockSQL, in: "inventory")
      await ledgerBefore()
    }
    await rows("\(trial).marker.before", markerSQL, in: "inventory")
    await rows(
      "products",
      "SELECT sku, price_cents, extract(epoch FROM now() - updated_at)::bigint AS age_s FROM inventory.products",
      in: "inventory")
  }

  /// What every product has, and what the reservations say about it, at one moment.
  static let stockSQL = """
    SELECT s.sku, s.initial, s.on_hand, s.reserved, s.sold, coalesce(r.held, 0) AS held,
      coalesce(r.confirmed, 0) AS confirmed
    FROM inventory.stock s LEFT JOIN (
      SELECT i.sku, sum(i.quantity) FILTER (WHERE r.status = 'held') AS held,
        sum(i.quantity) FILTER (WHERE r.status = 'confirmed') AS confirmed
      FROM inventory.reservation_items i JOIN inventory.reservations r ON r.id = i.reservation_id GROUP BY i.sku
    ) r ON r.sku = s.sku ORDER BY s.sku
    """
}

import DrillCore
import Engine
import Probes

/// Does the damage that a scenario hands its lab over with. It is done once; nobody but the trainee undoes it.
struct Damage {
  let engine: LabEngine

  /// Draws one of `plans` by the lab's seed, and does it.
  func draw(from plans: [DamagePlan], seed: UInt64) async throws {
    guard case (let index, var random)? = DamagePlan.drawn(of: plans, seed: seed) else { return }
    let plan = plans[index]
    let nodes = await engine.nodes()
    let drawn = FaultPlan(kind: plan.kind.rawValue, parameters: plan.parameters, lease: .zero)
      .drawn(from: &random) { service in nodes.filter { $0.service == service }.map(\.name) }
    func text(_ name: String) -> String { drawn[name] ?? "" }
    switch plan.kind {
    case .pausedReplay: try await pauseReplay(of: text("host"), nodes)
    case .frozenProcess: try await engine.freeze(process: text("process"), of: text("node"))
    case .lostSlot: try await loseSlot(text("slot"), of: text("host"), nodes)
    }
  }

  private func server(_ host: String, _ nodes: [NodeStatus]) throws -> DatabaseProbe {
    guard let node = nodes.first(where: { $0.name == host }) else {
      throw EngineError("damage: there is no node \(host)")
    }
    return DatabaseProbe(
      host: node.address, database: "postgres", user: "postgres", password: try engine.secret("postgres-password"))
  }

  private func pauseReplay(of host: String, _ nodes: [NodeStatus]) async throws {
    _ = try await server(host, nodes).query("SELECT pg_wal_replay_pause()")
  }

  /// The replica that uses the slot comes back within seconds, so it is dropped in the moment in which it is gone.
  private func loseSlot(_ slot: String, of host: String, _ nodes: [NodeStatus]) async throws {
    let primary = try server(host, nodes)
    let name = sqlLiteral(slot)
    let deadline = ContinuousClock.now + .seconds(10)
    var trouble = ""
    repeat {
      do {
        _ = try await primary.query(
          "SELECT pg_terminate_backend(active_pid, 1000) FROM pg_replication_slots WHERE slot_name = \(name)")
        _ = try await primary.query("SELECT pg_drop_replication_slot(\(name))")
        return
      } catch {
        trouble = "\(error)"
      }
      try await Task.sleep(for: .milliseconds(20))
    } while ContinuousClock.now < deadline
    throw EngineError("damage: the slot \(slot) could not be dropped: \(trouble)")
  }
}

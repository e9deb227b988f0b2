import Clients
import DrillCore
import Engine
import Probes

// Faults of a trial: drawn from the seed, injected under a lease, verified by a look of the judge's own.
extension TrialContext {
  /// Injects the step's faults; the grader clears them when the trial ends.
  func inject(_ step: InjectStep, trial: String) async throws {
    await locateDatabases(trial: trial)
    try await inject(step.faults, trial: trial)
  }

  func inject(_ plans: [FaultPlan], trial: String) async throws {
    for (index, plan) in plans.enumerated() { try await inject(plan, id: "\(trial)-\(plan.kind)-\(index)", trial) }
  }

  private func inject(_ plan: FaultPlan, id: String, _ trial: String) async throws {
    let nodes = try await engine.nodes()
    var random = SeededRandom(seed: seed, name: id)
    let parameters = plan.drawn(from: &random) { service in
      nodes.filter { $0.service == service && $0.isUp }.map(\.name)
    }
    // The trial's fault takes the place of one that the lab has all the time: that comes back by itself.
    for standing in try await engine.activeFaults() where standing.kind == plan.kind {
      try await engine.clear(standing.id)
    }
    let told = parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    progress("injecting \(plan.kind): \(told)")
    record(plan.kind, "inject", trial: trial, id: id, parameters)
    let request = FaultRequest(kind: plan.kind, parameters: parameters, lease: plan.lease / .seconds(1))
    memory.owe(try await engine.inject(request).id)
    let (isThere, detail) = await FaultLook(context: self).look(plan.kind, parameters)
    record(plan.kind, isThere ? "verified" : "unverified", trial: trial, id: id, ["detail": detail])
  }
}

/// Looks whether a fault took effect, without asking the engine.
private struct FaultLook {
  let context: TrialContext

  func look(_ kind: String, _ parameters: [String: String]) async -> (Bool, String) {
    switch kind {
    case "replay-pause", "replay-lag":
      await replica(parameters["host"] ?? "", parameters["from_ms"].flatMap { Int($0) })
    default: (false, "nobody knows how to look at \(kind)")
    }
  }

  /// A mark in the primary's log must come late at the replica: once by half of the least lag. Which part of a gulp a
  /// mark falls into is luck, so there are several tries.
  private func replica(_ host: String, _ least: Int?) async -> (Bool, String) {
    guard let primary = context.memory.database("orders") ?? context.memory.database("inventory"),
      let node = try? await context.engine.nodes().first(where: { $0.name == host }),
      let password = try? context.engine.secret("postgres-password")
    else { return (false, "there is no replica \(host)") }
    let replica = DatabaseProbe(host: node.address, database: "postgres", user: "postgres", password: password)
    let goal = Duration.milliseconds(least.map { min(600, max(50, $0 / 2)) } ?? 300)
    var seen = "nothing"
    for _ in 0..<10 {
      do {
        let mark = try await primary.query("SELECT pg_logical_emit_message(true, 'judge', 'look')")
        guard let position = mark.rows.first?.first.flatMap({ $0 }) else { return (false, "the primary made no mark") }
        let begin = ContinuousClock.now
        var isApplied = false
        while !isApplied, ContinuousClock.now - begin < goal {
          let look = try await replica.query("SELECT pg_last_wal_replay_lsn() >= \(sqlLiteral(position))::pg_lsn")
          isApplied = look.rows.first?.first == "t"
        }
        let lag = Int((ContinuousClock.now - begin) / .milliseconds(1))
        if !isApplied { return (true, "a mark had not come to \(host) after \(lag) ms") }
        seen = "a mark came to \(host) after \(lag) ms"
      } catch {
        seen = "\(error)"
      }
    }
    return (false, seen)
  }
}

import DrillCore
import Engine
import Load

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

  /// Injects a fault while a window is open, and ends it when it has lasted long enough.
  func comeAndGo(_ timed: TimedFault, id: String, unless stop: StopFlag, trial: String) async {
    var random = SeededRandom(seed: seed, name: "\(id).after")
    let after = timed.after.lowerBound + (timed.after.upperBound - timed.after.lowerBound) * random.unit()
    let choices = random.shuffled(timed.choices)
    guard await pass(until: .now + after, unless: stop) else { return }
    for (index, choice) in choices.enumerated() {
      do {
        let begin = ContinuousClock.now
        let fault = try await inject(choice, id: "\(id)-\(index)", trial)
        _ = await pass(until: begin + timed.lasts, unless: stop)
        try await engine.clear(fault)
        return record(choice.kind, "cleared", trial: trial, id: "\(id)-\(index)")
      } catch {
        // What this lab has no place for is not injected: another choice will do.
        let action = index + 1 < choices.count ? "impossible" : "unverified"
        record(choice.kind, action, trial: trial, id: "\(id)-\(index)", ["detail": "\(error)"])
      }
    }
  }

  /// - Returns: the engine's name of the fault.
  @discardableResult func inject(_ plan: FaultPlan, id: String, _ trial: String) async throws -> String {
    let nodes = try await engine.nodes()
    var random = SeededRandom(seed: seed, name: id)
    let replicas = await replicaNames()
    let parameters = plan.drawn(from: &random, replicas: replicas) { service in
      nodes.filter { $0.service == service && $0.isUp }.map(\.name)
    }
    // The trial's fault takes the place of one that the lab has all the time: that comes back by itself.
    for standing in try await engine.activeFaults() where standing.kind == plan.kind {
      try await engine.clear(standing.id)
    }
    progress(Self.announcement(of: plan.kind, parameters, isBlind: isBlind))
    record(plan.kind, "inject", trial: trial, id: id, parameters)
    let request = FaultRequest(kind: plan.kind, parameters: parameters, lease: plan.lease / .seconds(1))
    let before = try await engine.nodes()
    let fault = try await engine.inject(request).id
    memory.owe(fault)
    let (isThere, detail) = await FaultLook(context: self, before: before).look(plan.kind, parameters)
    record(plan.kind, isThere ? "verified" : "unverified", trial: trial, id: id, ["detail": detail])
    return fault
  }

  /// What people read when a fault is injected: what it is and where would be the answer to a blind lab.
  static func announcement(of kind: String, _ parameters: [String: String], isBlind: Bool) -> String {
    guard !isBlind else { return "injecting a fault" }
    let told = parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return "injecting \(kind): \(told)"
  }
}

import DrillCore
import Engine
import Load
import Probes

// Each instance by itself: whoever only passes requests on to others has nobody to pass them to.
extension TrialContext {
  /// Freezes every process of the shop, and lets one instance after the other go on alone to answer one uncached read.
  ///
  /// Databases, poolers and caches go on. Frozen instances keep the connections that they have at that moment; where an
  /// instance finds none left for that reason, all go on for a while and it is asked once more. Those who answered
  /// alone in an earlier trial of the grade are not asked again.
  func alone(_ step: AloneStep, trial: String) async throws {
    let shop = try await engine.nodes().filter { node in
      guard !node.judge, node.isUp, let pid = node.pid else { return false }
      return node.service == step.service || ProcessProbe.program(of: pid) == "fleet"
    }
    var random = SeededRandom(seed: seed, name: "\(trial).alone")
    let known = memory.alone
    let targets = targets(random.shuffled(shop.filter { $0.service == step.service && !known.contains($0.name) }))
    tell("asking each of the \(targets.count) instances of \(step.service) while the rest of the shop stands still")
    let name = "\(trial).alone"
    try await recorder.phase(name) {
      var fault = try await freeze(shop, step, trial: trial)
      for target in targets {
        try Task.checkCancellation()
        var answer = try await ask(target, step)
        if answer.outcome != .ok {
          try await engine.clear(fault)
          _ = await silent([target], until: .now + step.patience)
          fault = try await freeze(shop, step, trial: trial)
          answer = try await ask(target, step)
        }
        recorder.record(.request(answer))
        if answer.outcome != .ok { break }
        memory.answeredAlone(target.name)
      }
      try await engine.clear(fault)
      return nil
    }
  }

  /// - Returns: the fault's id.
  private func freeze(_ nodes: [NodeStatus], _ step: AloneStep, trial: String) async throws -> String {
    let id = "\(trial)-freeze"
    record("freeze", "inject", trial: trial, id: id, ["count": "\(nodes.count)"])
    let fault = try await engine.inject(
      FaultRequest(
        kind: "pause-node", parameters: ["node": nodes.map(\.name).joined(separator: ",")],
        lease: step.lease / .seconds(1)))
    memory.owe(fault.id)
    let moving = await lasting(of: nodes.compactMap(\.pid)) { ProcessProbe.info(of: $0)?.isStopped == false }
    record(
      "freeze", moving.isEmpty ? "verified" : "unverified", trial: trial, id: id,
      ["detail": "\(nodes.count - moving.count) of \(nodes.count) nodes stand still"])
    return fault.id
  }

  /// Those of `pids` for which `holds` still holds after a second at most.
  func lasting(of pids: [Int32], while holds: (Int32) -> Bool) async -> [Int32] {
    await Self.lasting(of: pids, within: .seconds(1), while: holds)
  }

  /// Those of `pids` for which `holds` still holds when the time is over.
  static func lasting(of pids: [Int32], within time: Duration, while holds: (Int32) -> Bool) async -> [Int32] {
    let deadline = ContinuousClock.now + time
    var left = pids.filter(holds)
    while !left.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(5))
      left = left.filter(holds)
    }
    return left
  }

  /// Lets one instance go on, asks it, and freezes it again.
  private func ask(_ target: PlannedRequest.Target, _ step: AloneStep) async throws -> RequestEvent {
    try await engine.resume(target.name)
    let sku = products.markers[0]
    let began = recorder.now
    let url = "http://\(target.authority)/stock/\(sku)"
    let reply = try? await http.send("GET", url, timeout: step.patience)
    let event = RequestEvent(
      stream: "alone", op: DrillCore.Operation.stock.rawValue, target: target.name, scheduled: began, sent: began,
      done: recorder.now, status: reply?.status, outcome: reply.map { Outcome(status: $0.status) } ?? .unknown,
      instance: reply?.instance)
    try await engine.pause(target.name)
    return event
  }
}

import DrillCore
import Engine
import Load
import Probes

// Counting, restarting, scaling, settling.
extension TrialContext {
  /// Counts the running instances.
  ///
  /// - Returns: whether there are enough to go on.
  func require(_ step: RequireStep, trial: String) async throws -> Bool {
    let nodes = try await engine.nodes().filter { $0.service == step.service && !$0.judge }
    for node in nodes {
      recorder.record(
        .node(
          NodeEvent(
            name: node.name, service: node.service, state: node.state.rawValue, pid: node.pid, address: node.address)))
    }
    // The engine's word is not enough: the process must be there.
    let running = nodes.filter { $0.isUp && ($0.pid.map(ProcessProbe.isAlive) ?? false) }.count
    let enough = running >= step.atLeast
    probe("instances", ok: enough, value: Double(running), labels: ["trial": trial, "service": step.service])
    progress("\(running) instances of \(step.service) run\(enough ? "" : ", \(step.atLeast) are demanded")")
    return enough
  }

  /// Restarts every instance at once, and verifies that each is a new process.
  func restart(_ step: RestartStep, trial: String) async throws {
    let nodes = try await instances(of: step.service)
    var random = SeededRandom(seed: seed, name: "\(trial).restart.\(step.service)")
    let order = random.shuffled(nodes.map(\.name))
    let id = "\(trial)-restart"
    record("restart", "inject", trial: trial, id: id, ["service": step.service, "order": order.joined(separator: ",")])
    progress("restarting all \(order.count) instances of \(step.service)")
    let began = ProcessProbe.nowTicks()
    try await engine.restart(order)
    let before = Dictionary(nodes.map { ($0.name, $0.pid) }, uniquingKeysWith: { first, _ in first })
    let after = try await engine.nodes()
    for name in order {
      guard let node = after.first(where: { $0.name == name }), let pid = node.pid else {
        return unverified("restart", trial, id, "\(name) did not come back")
      }
      guard pid != before[name] ?? nil, let info = ProcessProbe.info(of: pid), info.startTicks + 1 >= began else {
        return unverified("restart", trial, id, "\(name) still runs as the process \(pid)")
      }
    }
    record("restart", "verified", trial: trial, id: id, ["count": "\(order.count)"])
  }

  /// Runs another number of instances for as long as the trial lasts.
  func scale(_ step: ScaleStep, trial: String) async throws {
    let current = try await instances(of: step.service).count
    let count = max(step.to, current)
    let id = "\(trial)-scale"
    record("scale", "inject", trial: trial, id: id, ["service": step.service, "to": "\(count)"])
    progress("scaling \(step.service) from \(current) to \(count)")
    if count > current {
      let request = FaultRequest(
        kind: "scale", parameters: ["service": step.service, "to": "\(count)"], lease: step.lease / .seconds(1))
      memory.owe(try await engine.inject(request).id)
    }
    let alive = try await instances(of: step.service).filter { $0.pid.map(ProcessProbe.isAlive) ?? false }.count
    guard alive >= count else { return unverified("scale", trial, id, "\(alive) of \(count) processes run") }
    record("scale", "verified", trial: trial, id: id, ["count": "\(alive)"])
  }

  private func unverified(_ kind: String, _ trial: String, _ id: String, _ detail: String) {
    record(kind, "unverified", trial: trial, id: id, ["detail": detail])
  }

  /// Waits until each instance has answered an uncached read once, at most for the step's time.
  func settle(_ step: SettleStep, trial: String) async throws {
    let deadline = ContinuousClock.now + step.within
    var waiting = targets(try await instances(of: step.service))
    let total = waiting.count
    let begin = recorder.now
    await recorder.phase("\(trial).settle") {
      while !waiting.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
        waiting = await silent(waiting, until: deadline)
        // In step with the contract's rate: a poll of all at once would be a load of its own.
        if !waiting.isEmpty { try? await Task.sleep(for: .milliseconds(100)) }
      }
      return waiting.isEmpty ? nil : "\(waiting.count) of \(total) have not answered"
    }
    let seconds = Double(recorder.now - begin) / 1e9
    probe(
      "settled", ok: waiting.isEmpty, value: seconds, text: waiting.isEmpty ? nil : listed(waiting.map(\.name)),
      labels: ["trial": trial, "service": step.service])
    progress(
      waiting.isEmpty
        ? "all \(total) instances answer"
        : "\(total - waiting.count) of \(total) instances answer, the rest had their time")
  }

  /// Those of `targets` that did not answer now; four are asked at a time.
  func silent(
    _ targets: [PlannedRequest.Target], until deadline: ContinuousClock.Instant
  ) async -> [PlannedRequest.Target] {
    var result: [PlannedRequest.Target] = []
    for start in stride(from: 0, to: targets.count, by: 4) {
      guard ContinuousClock.now < deadline else { return result + targets[start...] }
      await withTaskGroup(of: PlannedRequest.Target?.self) { group in
        for target in targets[start..<min(start + 4, targets.count)] {
          group.addTask {
            let url = "http://\(target.authority)/stock/SKU-0450"
            let reply = try? await http.send("GET", url, timeout: .seconds(1))
            return reply.map { (200..<300).contains($0.status) } == true ? nil : target
          }
        }
        for await target in group { if let target { result.append(target) } }
      }
    }
    return result
  }
}

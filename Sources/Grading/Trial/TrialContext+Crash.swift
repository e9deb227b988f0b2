import Clients
import DrillCore
import Engine
import Load
import Probes

// The crash: what was acknowledged has to outlive the processes that acknowledged it.
extension TrialContext {
  /// Reservations go on so long before anything is killed, and up to as long again, drawn from the seed.
  private static let warmUp = 500_000_000

  /// Kills the database of a service, and instances of it, the moment a reservation was acknowledged; starts them
  /// again, and waits for them.
  ///
  /// Whatever puts off writing loses that reservation: commits that do not wait for the log, unlogged tables, a copy in
  /// an instance's memory.
  func crash(_ step: CrashStep, trial: String) async throws {
    guard let database = memory.database(step.service), let host = memory.databaseNode(step.service) else {
      throw GradingError("the database of \(step.service) was not found")
    }
    var random = SeededRandom(seed: seed, name: "\(trial).crash")
    let chosen = Array(random.shuffled(try await instances(of: step.service)).prefix(max(1, step.instances)))
    let pause = Self.warmUp + random.below(Self.warmUp)
    let name = "\(trial).crash"
    tell("killing \(host) and \(chosen.count) instances of \(step.service) in the midst of reservations")
    try await recorder.phase(name) {
      let plan = SweepPlan(
        service: step.service, rate: step.rate, operations: [.reserve], patience: .seconds(5))
      let schedule = Schedule.sweep(
        plan, targets: targets(chosen), read: [], reserve: products.reservable, length: .seconds(6), seed: seed,
        name: name)
      let stream = Load.Stream(name: "crash", phase: name, schedule: schedule, patience: plan.patience)
      let stop = StopFlag()
      await silenceLogWriter(of: host, step)
      async let load: StreamReport = stream.run(with: load, recorder: recorder, stop: stop)
      let isAcknowledged = await acknowledged(after: .nanoseconds(pause))
      var fault: String?
      if isAcknowledged { fault = try await kill(host, chosen.prefix(step.instances), step, trial: trial) }
      stop.set()
      _ = await load
      guard let fault else { return "nothing was acknowledged" }
      try await engine.clear(fault)
      await comeBack(database, chosen, step)
      return nil
    }
  }

  /// Postgres' log writer flushes five times a second what nobody waited for. Without it nothing is left to luck: what
  /// its own transaction did not flush is not there after the crash. Who waits for the log does not need it.
  private func silenceLogWriter(of host: String, _ step: CrashStep) async {
    do {
      let request = FaultRequest(
        kind: "pause-process", parameters: ["node": host, "process": "walwriter"], lease: step.lease / .seconds(1))
      memory.owe(try await engine.inject(request).id)
      probe("crash.walwriter", ok: true)
    } catch {
      probe("crash.walwriter", ok: false, text: "\(error)")
    }
  }

  /// Waits, after so much time, for the next reservation that is acknowledged, at most 4 s more.
  private func acknowledged(after pause: Duration) async -> Bool {
    try? await Task.sleep(for: pause)
    var seen = recorder.history.events.count
    let deadline = ContinuousClock.now + .seconds(4)
    while ContinuousClock.now < deadline, !Task.isCancelled {
      let events = recorder.events(from: seen)
      seen += events.count
      let isThere = events.contains {
        if case .request(let request) = $0.kind { request.stream == "crash" && request.outcome == .ok } else { false }
      }
      if isThere { return true }
      // Short: the longer it takes from the reply to the kill, the more time a late writer has.
      try? await Task.sleep(for: .milliseconds(1), tolerance: .zero)
    }
    return false
  }

  /// - Returns: the fault's id.
  private func kill(
    _ host: String, _ chosen: ArraySlice<NodeStatus>, _ step: CrashStep, trial: String
  ) async throws -> String {
    let id = "\(trial)-crash"
    let names = [host] + chosen.map(\.name)
    let pids = try await engine.nodes().filter { names.contains($0.name) }.compactMap(\.pid)
    record("crash", "inject", trial: trial, id: id, ["nodes": names.joined(separator: ",")])
    let fault = try await engine.inject(
      FaultRequest(
        kind: "kill-node", parameters: ["node": names.joined(separator: ",")], lease: step.lease / .seconds(1)))
    memory.owe(fault.id)
    let left = await lasting(of: pids, while: ProcessProbe.isAlive)
    let isDone = left.isEmpty && pids.count == names.count
    record(
      "crash", isDone ? "verified" : "unverified", trial: trial, id: id,
      ["detail": "\(pids.count - left.count) of \(names.count) processes are gone"])
    return fault.id
  }

  /// Waits for the database, then for the instances that were killed.
  private func comeBack(_ database: DatabaseProbe, _ chosen: [NodeStatus], _ step: CrashStep) async {
    let begin = ContinuousClock.now
    let deadline = begin + step.within
    var words = ""
    var isBack = false
    while !isBack, ContinuousClock.now < deadline, !Task.isCancelled {
      do {
        _ = try await database.query("SELECT 1", timeout: .seconds(2))
        isBack = true
      } catch {
        // It is back, and lets others in: what the judge may not see it can't judge.
        if (error as? PostgresError)?.code == .authenticationFailed { return dead("crash.database", error) }
        words = "\(error)"
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    probe("crash.database", ok: isBack, value: seconds, text: isBack ? nil : words)
    var waiting = targets(chosen)
    while isBack, !waiting.isEmpty, ContinuousClock.now < deadline, !Task.isCancelled {
      waiting = await silent(waiting, until: deadline)
      if !waiting.isEmpty { try? await Task.sleep(for: .milliseconds(100)) }
    }
    let all = (ContinuousClock.now - begin) / .seconds(1)
    probe("crash.instances", ok: waiting.isEmpty, value: all, text: listed(waiting.map(\.name)))
    progress(
      isBack && waiting.isEmpty
        ? "all is back \(Int(all.rounded(.up))) s after the crash" : "not all is back after the crash")
  }
}

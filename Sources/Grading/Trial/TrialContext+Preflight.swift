import DrillCore
import Engine
import Load
import Probes
import Topology

// Prevention, second half: which deploys the lab's preflight lets through.
extension TrialContext {
  /// More connections than this are not opened to find a limit: a door of the lab has room for 4096 files.
  private static let mostConnections = 5000
  /// A preflight that lets this many through has no limit.
  private static let absurd = 1_000_000

  func preflight(_ step: PreflightStep, trial: String) async throws {
    let name = "\(trial).preflight"
    progress("asking the lab's preflight")
    var tryThis: Int?
    try await recorder.phase(name) {
      // One number more that nobody can know beforehand: a gate has to do the sum, not to know the questions.
      var random = SeededRandom(seed: seed, name: name)
      let least = step.good.min() ?? 1
      let drawn = least + random.below(max(1, (step.good.max() ?? least) - least))
      for count in step.good + [drawn] {
        guard try await ask(step, count, purpose: "good") == 0 else { return nil }
      }
      let survives: Int?
      do {
        survives = try await self.survives(step)
      } catch {
        // Without a figure nothing follows about the lab: the check says so.
        dead("door", error)
        return nil
      }
      if let survives {
        progress("this lab survives \(survives) instances; preflight must refuse \(survives + 1)")
        _ = try await ask(step, survives + 1, purpose: "over")
        return nil
      }
      tryThis = try await line(step)
      return nil
    }
    if let count = tryThis { try await tryEdge(count, step, trial: trial) }
  }

  /// Runs the lab's preflight for `count` instances and records how it ended.
  private func ask(_ step: PreflightStep, _ count: Int, purpose: String) async throws -> Int {
    var plan = topology
    if let index = plan.services.firstIndex(where: { $0.name == step.service }) {
      plan.services[index].replicas = count
    }
    let labels = ["replicas": "\(count)", "purpose": purpose]
    return try await askPreflight(about: plan, patience: step.patience, probe: "preflight", labels)
  }

  /// Runs the lab's preflight for `plan` as before a deploy. Records how it ended.
  ///
  /// - Returns: its exit code.
  @discardableResult
  func askPreflight(
    about plan: Topology, patience: Duration, probe name: String, _ labels: [String: String]
  ) async throws -> Int {
    let result = try await engine.preflight(plan, timeout: patience)
    probe(
      name, ok: result.status == 0, value: Double(result.status), text: String(result.output.suffix(300)),
      labels: labels)
    return Int(result.status)
  }

  /// How many instances the lab survives, measured at the door that they use: those that run, and as many more as there
  /// is room for their connections. `nil` where that says nothing: instances that give their connections back share
  /// what there is, and a door that is never full is no limit.
  ///
  /// - Throws: when the door turned the judge away for another reason than being full.
  private func survives(_ step: PreflightStep) async throws -> Int? {
    guard let service = topology.service(step.service), let nodes = try? await engine.nodes() else { return nil }
    let prefix = step.service.uppercased()
    let host = service.environment["\(prefix)_DATABASE_HOST"] ?? ""
    let port = service.environment["\(prefix)_DATABASE_PORT"].flatMap { Int($0) } ?? 5432
    let database = service.environment["\(prefix)_DATABASE_NAME"] ?? step.service
    let user = service.environment["\(prefix)_DATABASE_USER"] ?? step.service
    guard let door = nodes.first(where: { $0.name == host || $0.service == host }),
      let password = try? engine.secret(passwordSecret(of: step.service))
    else { return nil }
    let instances = nodes.filter { $0.service == step.service && $0.isUp }.count
    let held = ProcessProbe.connections(to: "\(door.address):\(port)", from: nodes.compactMap(\.pid))
    let labels = ["door": door.name, "instances": "\(instances)", "held": "\(held)"]
    guard instances > 0, Double(held) >= 0.9 * Double(instances) else {
      probe("door", ok: true, labels: labels)
      return nil
    }
    let probe = DatabaseProbe(host: door.address, port: port, database: database, user: user, password: password)
    let room = try await probe.room(as: user, password: password, limit: Self.mostConnections)
    self.probe("door", ok: true, value: Double(room.opened), text: room.refusal, labels: labels)
    guard room.refusal != nil else { return nil }
    return instances + room.opened / max(1, Int((Double(held) / Double(instances)).rounded()))
  }

  /// Finds the greatest number that preflight lets through, by bisection.
  ///
  /// - Returns: that number, when the judge can and has to try it for real.
  private func line(_ step: PreflightStep) async throws -> Int? {
    let least = step.good.max() ?? 0
    if try await ask(step, Self.absurd, purpose: "search") == 0 {
      probe("preflight.line", ok: false, text: "no limit")
      return nil
    }
    if try await ask(step, step.provable + 1, purpose: "search") == 0 {
      probe("preflight.line", ok: true, value: Double(step.provable + 1), labels: ["provable": "false"])
      return nil
    }
    var passes = least
    var refused = step.provable + 1
    while refused - passes > 1 {
      let middle = (passes + refused) / 2
      if try await ask(step, middle, purpose: "search") == 0 { passes = middle } else { refused = middle }
    }
    let tried = passes == least
    probe("preflight.line", ok: true, value: Double(passes), labels: ["provable": "true", "tried": "\(tried)"])
    return tried ? nil : passes
  }

  /// Runs the number that preflight lets through, as the trial before did with the good one.
  private func tryEdge(_ count: Int, _ step: PreflightStep, trial: String) async throws {
    guard let window = scenario.trials.lazy.flatMap(\.steps).compactMap({ $0.windowStep }).last else { return }
    let edge = "\(trial).edge"
    try await scale(ScaleStep(service: step.service, to: count, lease: .seconds(60)), trial: edge)
    try await settle(SettleStep(service: step.service, within: .seconds(10)), trial: edge)
    try await self.window(window, trial: edge)
    await clearFaults()
  }
}

extension Step {
  /// The window, when this is one.
  var windowStep: WindowStep? { if case .window(let window) = self { window } else { nil } }
}

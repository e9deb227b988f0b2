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

  func inject(_ plans: [FaultPlan], trial: String, id: String? = nil) async throws {
    let replicas = await replicaNames()
    for (index, plan) in plans.enumerated() {
      let own = plan.expanded(over: replicas)
      guard !own.isEmpty else { throw GradingError("there is no server that follows the primary") }
      for (number, plan) in own.enumerated() {
        let which = own.count > 1 ? ".\(number)" : ""
        try await inject(plan, id: "\(id ?? trial)-\(plan.kind)-\(index)\(which)", trial)
      }
    }
  }

  /// Injects a fault while a window is open, and ends it when it has lasted long enough: then it is looked at once
  /// more, for what a lab undoes by itself was no trial.
  ///
  /// - Parameter number: of the window's faults. Those that draw from as many choices take different ones, in an order
  ///   of this grade: what is blind to one of them is found out.
  func comeAndGo(_ timed: TimedFault, number: Int, unless stop: StopFlag, trial: String) async {
    let id = "\(trial)-timed-\(number)"
    var random = SeededRandom(seed: seed, name: "\(id).after")
    let after = timed.after.lowerBound + (timed.after.upperBound - timed.after.lowerBound) * random.unit()
    var order = SeededRandom(seed: seed, name: "\(trial).choices")
    let shuffled = order.shuffled(timed.choices)
    let choices = shuffled.indices.map { shuffled[($0 + number) % shuffled.count] }
    guard await pass(until: .now + after, unless: stop) else { return }
    // Where none could be injected, that is recorded.
    guard let injected = try? await inject(oneOf: choices, id: id, trial) else { return }
    let end = injected.begin + timed.lasts
    _ = await pass(until: end - Self.lastLook, unless: stop)
    let kind = injected.kind
    // The judge's own nodes are nobody else's to undo.
    if !["provider", "toxic"].contains(kind), !stop.isSet {
      let (isThere, detail) = await injected.look.look(kind, injected.parameters)
      let node = injected.parameters["node"] ?? injected.parameters["host"]
      // Who was taken out of service meanwhile has not begun again. Where nobody knows, nothing is excused.
      let isDown = (try? await engine.nodes()).map { nodes in !nodes.contains { $0.name == node && $0.isUp } } ?? false
      if !isThere, !isDown {
        record(kind, "unverified", trial: trial, id: injected.id, ["detail": "it did not last: \(detail)"])
      }
    }
    _ = await pass(until: end, unless: stop)
    do {
      try await engine.clear(injected.fault)
      record(kind, "cleared", trial: trial, id: injected.id)
    } catch {
      record(kind, "unverified", trial: trial, id: injected.id, ["detail": "\(error)"])
    }
  }

  /// What says where a fault is.
  private static let places = ["host", "node", "service", "proxy", "link", "sku"]

  /// So long before its end a fault is looked at once more: time for a mark to come to a replica, or not.
  private static let lastLook: Duration = .milliseconds(700)

  /// A fault that was injected, and how it is looked at.
  struct Injected: Sendable {
    var kind: String
    /// Its name in the history.
    var id: String
    /// The engine's name of it.
    var fault: String
    /// When it was there.
    var begin: ContinuousClock.Instant
    var parameters: [String: String]
    var look: FaultLook
  }

  /// Injects the first of the choices that this lab has a place for.
  @discardableResult func inject(oneOf choices: [FaultPlan], id: String, _ trial: String) async throws -> Injected {
    var trouble: any Error = GradingError("there is no fault to choose")
    for (index, choice) in choices.enumerated() {
      let own = "\(id)-\(index)"
      do {
        return try await inject(choice, id: own, trial)
      } catch {
        trouble = error
        let action = index + 1 < choices.count ? "impossible" : "unverified"
        record(choice.kind, action, trial: trial, id: own, ["detail": "\(error)"])
      }
    }
    throw trouble
  }

  @discardableResult func inject(_ plan: FaultPlan, id: String, _ trial: String) async throws -> Injected {
    let nodes = try await engine.nodes()
    var random = SeededRandom(seed: seed, name: id)
    let replicas = await replicaNames()
    let parameters = plan.drawn(from: &random, replicas: replicas) { service in
      nodes.filter { $0.service == service && $0.isUp }.map(\.name)
    }
    // The trial's fault takes the place of one that the lab has all the time: that comes back by itself.
    // So does what the trial itself did there before; what it does elsewhere stays, and the company bears several.
    for standing in try await engine.activeFaults() where standing.kind == plan.kind {
      let isElsewhere = Self.places.contains { standing.parameters[$0] != parameters[$0] }
      let isOwn = plan.kind == "provider" && memory.owes(standing.id)
      if !isElsewhere && !isOwn { try await engine.clear(standing.id) }
    }
    progress(Self.announcement(of: plan.kind, parameters, isBlind: isBlind))
    record(plan.kind, "inject", trial: trial, id: id, parameters)
    let request = FaultRequest(kind: plan.kind, parameters: parameters, lease: plan.lease / .seconds(1))
    let before = try await engine.nodes()
    let fault = try await engine.inject(request).id
    let begin = ContinuousClock.now
    memory.owe(fault)
    let look = FaultLook(context: self, before: before)
    let (isThere, detail) = await look.look(plan.kind, parameters)
    record(plan.kind, isThere ? "verified" : "unverified", trial: trial, id: id, ["detail": detail])
    return Injected(kind: plan.kind, id: id, fault: fault, begin: begin, parameters: parameters, look: look)
  }

  /// What people read when a fault is injected: what it is and where would be the answer to a blind lab.
  static func announcement(of kind: String, _ parameters: [String: String], isBlind: Bool) -> String {
    guard !isBlind else { return "injecting a fault" }
    let told = parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return "injecting \(kind): \(told)"
  }
}

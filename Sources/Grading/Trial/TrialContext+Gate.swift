import DrillCore
import Engine
import Load
import Topology

// The lab's preflight as a gate for settings: what is known to be right must pass it, what is known to be wrong not.
extension TrialContext {
  /// Asks about the lab as it runs, then about the lab as it began, with values drawn from the seed. Recorded as
  /// `TRIAL.gate`.
  func gate(_ step: GateStep, trial: String) async throws {
    let name = "\(trial).gate"
    progress("asking the lab's preflight about settings")
    try await recorder.phase(name) {
      try await ask(topology, "now", [:], step)
      let first = try Topology.load(lab: "\(engine.labDirectory)/.firedrill/pristine")
      var random = SeededRandom(seed: seed, name: name)
      // Asked in no order, so that nothing can be learned from it.
      let questions = random.shuffled(
        (0..<step.times).flatMap { _ in step.pass.map { ("pass", $0) } + step.refuse.map { ("refuse", $0) } })
      for (purpose, variables) in questions {
        let values = FaultPlan(kind: name, parameters: variables, lease: .zero).drawn(from: &random) { _ in [] }
        try await ask(first.with(values), purpose, values, step)
      }
      return nil
    }
  }

  /// Runs the preflight for `plan` and records how it ended.
  private func ask(_ plan: Topology, _ purpose: String, _ values: [String: String], _ step: GateStep) async throws {
    let told = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    try await askPreflight(
      about: plan, patience: step.patience, probe: "gate", ["purpose": purpose, "values": told])
  }
}

extension Topology {
  /// The same plan with other values of environment variables, in each service that has them.
  func with(_ values: [String: String]) -> Topology {
    var copy = self
    for index in copy.services.indices {
      for (name, value) in values where copy.services[index].environment[name] != nil {
        copy.services[index].environment[name] = value
      }
    }
    return copy
  }
}

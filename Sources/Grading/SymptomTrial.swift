public import DrillCore
public import Engine
import Load
import Probes
public import Topology

/// Shows that a fresh lab is broken in the way that its brief tells: a short trial that a check finds violated.
public struct SymptomTrial: Sendable {
  private let engine: any Engine
  private let scenario: Scenario
  private let topology: Topology
  private let seed: UInt64

  /// A trial of a lab that runs `topology`.
  public init(engine: any Engine, scenario: Scenario, topology: Topology, seed: UInt64) {
    self.engine = engine
    self.scenario = scenario
    self.topology = topology
    self.seed = seed
  }

  /// Does the plan's steps once.
  ///
  /// - Returns: what the plan's check says.
  /// - Throws: when a step could not be done.
  public func run(_ plan: ShowsPlan) async throws -> Finding {
    let recorder = HistoryRecorder()
    try await LoadClient.with { load in
      try await HTTPProbe.with { http in
        let context = TrialContext(
          engine: engine, scenario: scenario, topology: topology, seed: seed, recorder: recorder, load: load,
          http: http, memory: GradeMemory(), progress: { _ in })
        recorder.record(.phase(PhaseEvent(name: plan.check.trial, mark: .begin)))
        do {
          for step in plan.steps where try await !context.perform(step, trial: plan.check.trial) { break }
        } catch {
          await context.clearFaults()
          throw error
        }
        await context.clearFaults()
        recorder.record(.phase(PhaseEvent(name: plan.check.trial, mark: .end)))
      }
    }
    guard let check = CheckCatalogue.check(plan.check, of: scenario) else {
      throw GradingError("there is no check \(plan.check.kind)")
    }
    return try check.evaluate(recorder.history)
  }
}

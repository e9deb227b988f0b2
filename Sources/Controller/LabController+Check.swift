import DrillCore
import Engine
import Grading

/// A short look at whether the symptom still shows.
extension LabController {
  /// Does once what `start` did until the symptom showed, and says what it saw. It is no grade: what it doesn't see may
  /// well be there.
  public func check() async throws -> Wire.Check {
    let file = installation.scenario(state.scenario) + "/scenario.yaml"
    guard let scenario = try? ScenarioFile.load(file) else {
      throw EngineError("the lab \(state.scenario) has no failure to look for", code: .usage)
    }
    switch scenario.start.symptom {
    case .refusals(let plan):
      let (count, seen) = try await Refusals(plan).look(on: engine)
      return Wire.Check(shows: count > 0, observed: seen)
    case .shows(let plan):
      let trial = SymptomTrial(
        engine: engine, scenario: scenario, topology: await engine.appliedTopology(), seed: .random(in: 0...UInt64.max))
      let finding = try await trial.run(plan)
      return Wire.Check(shows: finding.status == .violated, observed: finding.observed)
    }
  }
}

import DrillCore
import Testing

@testable import Grading

/// Which checks of a scenario are judged.
@Suite struct JudgementTests {
  @Test func onlyWhatWasTriedIsJudged() throws {
    let scenario = try ScenarioFile.load(ScenarioFileTests.path)
    let names = scenario.trials.map(\.name)
    func trials(_ history: History, _ trial: String? = nil) -> Set<String> {
      let judged = Set(Judgement.results(scenario, history, trial: trial).map(\.id))
      return Set(scenario.checks.filter { judged.contains($0.id) }.map(\.trial))
    }
    let first = History().phase(names[0], from: 0, to: 5)
    let both = first.phase(names[1], from: 6, to: 9)
    #expect(trials(History()).isEmpty)
    #expect(trials(first) == [names[0]])
    #expect(trials(both) == [names[0], names[1]])
    #expect(trials(both, names[1]) == [names[1]])
    #expect(trials(first, names[1]).isEmpty)
  }
}

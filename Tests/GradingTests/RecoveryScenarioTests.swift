import DrillCore
import Testing
import Topology

@testable import Grading

@Suite struct RecoveryScenarioTests {
  @Test func theScenarioOfTheRepositoryIsValid() throws {
    let path = ScenarioFileTests.path.replacing("one-bad-instance", with: "retry-storm")
    let scenario = try ScenarioFile.load(path)
    #expect(scenario.start.provider == ProviderPlan(latency: .milliseconds(50), capacity: 2))
    #expect(scenario.start.proxy == nil)
    #expect(CheckCatalogue.checks(of: scenario).map(\.check.id) == scenario.checks.map(\.id))
    guard case .drain(let drain) = scenario.trials[0].steps[0], case .window(let window) = scenario.trials[2].steps[1]
    else { throw NotThere() }
    #expect(drain.within == .seconds(20))
    #expect(window.rate == 18)
    guard case .gate(let gate) = scenario.trials[3].steps[2] else { throw NotThere() }
    // What the contract says of products, whatever is drawn.
    func products(_ sets: [[String: FaultPlan.Value]]) -> [Int] {
      sets.flatMap { set in
        [0, 1].map { end in
          set.values.reduce(1) { product, value in
            let draws = FaultReader.draws(of: value).compactMap { Int($0) }
            return product * ((end == 0 ? draws.first : draws.last) ?? 0)
          }
        }
      }
    }
    #expect(gate.pass.allSatisfy { $0.count == 3 } && gate.refuse.allSatisfy { $0.count == 3 })
    #expect(products(gate.pass).allSatisfy { (1...2).contains($0) })
    #expect(products(gate.refuse).allSatisfy { $0 >= 16 })
    // The brief tells the symptom, never the cause.
    for word in ["retr", "storm", "budget", "repeat"] { #expect(!scenario.brief.lowercased().contains(word)) }
  }

  private struct NotThere: Error {}

  @Test func aQuestionChangesWhatIsThereAndNothingElse() throws {
    let compose = """
      services:
        a: {image: x, command: ["x"], environment: {ONE: "1", TWO: "2"}}
        b: {image: x, command: ["x"], environment: {ONE: ""}}
      """
    let plan = try Topology.parse([Topology.Source(name: "compose.yaml", text: compose)])
    let changed = plan.with(["ONE": "7", "THREE": "3"])
    #expect(changed.service("a")?.environment == ["ONE": "7", "TWO": "2"])
    #expect(changed.service("b")?.environment == ["ONE": "7"])
  }

  @Test func aLabsOwnWordsDoNotChangeTheCompany() {
    let plan = ProviderPlan(latency: .milliseconds(50), capacity: 2)
    #expect(ProviderPlan.variables(plan) == ["PROVIDER_LATENCY": "50", "PROVIDER_CAPACITY": "2"])
    #expect(ProviderPlan.variables(nil) == ["PROVIDER_LATENCY": "20", "PROVIDER_CAPACITY": "64"])
  }
}

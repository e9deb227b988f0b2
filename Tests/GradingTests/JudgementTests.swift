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

  /// The time of a grade may be over between two trials of one tier.
  @Test func aTierOfWhichATrialWasNotTriedIsNotReached() throws {
    let path = ScenarioFileTests.path.replacing("one-bad-instance", with: "retry-storm")
    var scenario = try ScenarioFile.load(path)
    scenario.checks = scenario.checks.filter { $0.kind == "fault-took-effect" }
    func tried(_ names: [String], seen: Bool = true) -> History {
      var history = History()
      for (index, name) in names.enumerated() {
        let at = Int64(index) * 10
        history.addFault("x", "inject", id: name, at: at + 1, parameters: ["trial": name])
        if seen { history.addFault("x", "verified", id: name, at: at + 2, parameters: ["trial": name]) }
        history = history.phase(name, from: at, to: at + 5)
      }
      return history
    }
    func statuses(_ history: History) -> [Finding.Status] {
      Judgement.results(scenario, history).map(\.finding.status)
    }
    #expect(statuses(tried(["mitigated"])) == [.met])
    #expect(statuses(tried(["mitigated", "singles"])) == [.met, .met, .inconclusive])
    #expect(statuses(tried(["mitigated", "singles", "resolved"])) == [.met, .met, .met])
    let results = Judgement.results(scenario, tried(["mitigated", "singles"]))
    #expect(results.last?.finding.reason == "not_tried" && results.last?.tier == .resolved)
    // Who knows already what went wrong need not be told what could not be tried for it.
    #expect(statuses(tried(["mitigated", "singles"], seen: false)) == [.inconclusive, .inconclusive])
  }

  /// A harder trial does not take back what an easier one has shown.
  @Test func whatCameAfterItsTrialIsHiddenFromACheck() throws {
    let scenario = try ScenarioFile.load(ScenarioFileTests.path)
    var history = History()
    history.addRows("stock.before", at: 1, columns: Self.columns, [["A", "10", "10", "0", "0", "0", "0"]])
    history.addRows("stock.after", at: 2, columns: Self.columns, [["A", "10", "10", "0", "0", "0", "0"]])
    history = history.phase("mitigated", from: 0, to: 5)
    var later = History(history.events)
    later.addRows("stock.after", at: 7, columns: Self.columns, [["A", "10", "9", "0", "0", "0", "0"]])
    later = later.phase("resolved", from: 6, to: 9)
    func status(_ id: String, _ history: History) -> Finding.Status? {
      Judgement.results(scenario, history).first { $0.id == id }?.finding.status
    }
    #expect(status("stock-is-conserved", history) == status("stock-is-conserved", later))
    #expect(status("stock-is-conserved", later) != .violated)
    #expect(status("scaled-stock-is-conserved", later) == .violated)
    #expect(history.until(endOf: "mitigated") == history && history.until(endOf: "nowhere") == history)
    #expect(later.until(endOf: "mitigated").events.count < later.events.count)
  }

  private static let columns = ["sku", "initial", "on_hand", "reserved", "sold", "held", "confirmed"]
}

import DrillCore
import Foundation
import TestFiles
import Testing
import Topology

@testable import Grading

@Suite struct ScenarioFileTests {
  /// A scenario of this repository.
  static let path = "\(Repository.root)/Chaos/one-bad-instance/scenario.yaml"

  @Test func theScenarioOfTheRepositoryIsValid() throws {
    let scenario = try ScenarioFile.load(Self.path)
    #expect(scenario.id == "one-bad-instance")
    #expect(scenario.hints.count >= 3)
    #expect(scenario.start.baseline == ["inventory": 100])
    #expect(scenario.start.change == ["inventory": 101])
    let refusals = try #require(scenario.start.symptom.refusals)
    #expect(refusals.refusing == 1)
    #expect(scenario.trials.map(\.tier) == [.mitigated, .resolved, .prevented])
    #expect(scenario.trials[0].steps.count == 5)
    #expect(scenario.trials[2].needsPrevention)
    #expect(CheckCatalogue.checks(of: scenario).map(\.check.id) == scenario.checks.map(\.id))
    // The brief tells the symptom, never the cause.
    for word in ["max_connections", "too many clients", "connection cap"] { #expect(!scenario.brief.contains(word)) }
  }

  private func problems(_ change: (String) -> String) throws -> [String] {
    let text = change(try String(contentsOfFile: Self.path, encoding: .utf8))
    do {
      _ = try ScenarioFile.parse(text, file: "s.yaml")
      return []
    } catch let error as ProblemsError {
      return error.problems.map(\.description)
    }
  }

  @Test(arguments: [("shop", nil as String?), ("shoop", "did you mean `shop`?"), ("x", "the link 'x'")])
  func aToxicNamesALinkThatIsThere(link: String, words: String?) throws {
    let found = try problems {
      $0.replacing("start:\n", with: "start:\n  proxy:\n    shop: { port: 8081, target: \"order:8080\" }\n")
        .replacing(
          "      - rest: {",
          with: "      - inject:\n          faults:\n            - { kind: toxic, proxy: proxy, link: \(link), "
            + "type: latency, latency_ms: 5, lease: 5s }\n      - rest: {")
    }
    #expect(words == nil ? found.isEmpty : found.count == 1 && found[0].contains(words ?? ""), "\(found)")
  }

  @Test func everyProblemIsReportedAtOnceWithItsPlace() throws {
    let found = try problems {
      $0.replacing(/patience: [0-9]+s\n  in_flight/, with: "patience: soon\n  in_flight")
        .replacing("  zipf: 1.0\n", with: "  zipf: 1.0\n  zapf: 2\n").replacing("title: One", with: "titel: One")
    }
    #expect(found.count >= 4)
    for key in ["load.patience", "load.zapf", "titel", "title"] {
      #expect(found.contains { $0.contains(key) }, "\(key)")
    }
    #expect(found.allSatisfy { $0.hasPrefix("s.yaml:") })
  }

  @Test(arguments: [
    ("- restart: { service: inventory }", "- restrat: { service: inventory }", "restart"),
    ("operations: [stock, reserve]", "operations: [stocks, reserve]", "stock"),
    ("freshness: 60s", "fresh: 60s", "freshness"),
    ("{ id: charged-once, tier", "{ id: charged-twice, tier", "no such kind"),
    ("trial: resolved, section", "trial: solved, section", "no trial 'solved'"),
    ("id: charged-once", "id: operator-gets-in", "twice"),
    ("    order-again: 4", "    order-agian: 4", "order-again"),
    ("rate: 30", "rate: 0", "rate"), ("title: ", "severity: page\ntitle: ", "severity"),
    ("section: impact", "section: impcat", "section: must be meaning, impact, diagnosis"),
    ("share: 0.01 }", "share: soon }", "share: must be a number from 0 to 0.99, not `soon`"),
  ])
  func slipsAreNamed(old: String, new: String, word: String) throws {
    let found = try problems { $0.replacing(old, with: new) }
    #expect(found.contains { $0.contains(word) }, "\(found)")
  }

  @Test(arguments: ["", "- a", "a: [", "\u{0}"])
  func otherFilesAreRefused(text: String) {
    #expect(throws: ProblemsError.self) { try ScenarioFile.parse(text, file: "s.yaml") }
  }

  @Test func aMissingFileIsNamed() {
    #expect(throws: ProblemsError.self) { try ScenarioFile.load("/nowhere/scenario.yaml") }
  }
}

extension SymptomPlan {
  fileprivate var refusals: RefusalsPlan? { if case .refusals(let plan) = self { plan } else { nil } }
}

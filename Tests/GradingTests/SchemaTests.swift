import DrillCore
import Engine
import Foundation
import TestFiles
import Testing

@testable import Grading

/// The schema that editors use knows what the reader knows. That it fits every scenario is seen by `make lint`.
@Suite struct SchemaTests {
  private static var schema: [String: Any] {
    let data = FileManager.default.contents(atPath: "\(Repository.root)/Chaos/scenario.schema.json") ?? Data()
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }

  /// What stands at a path of keys.
  private func value(_ path: String...) -> Any? {
    path.reduce(Self.schema as Any?) { ($0 as? [String: Any])?[$1] }
  }

  private func names(_ value: Any?) -> [String] { (value as? [String] ?? []).sorted() }

  @Test func itKnowsEveryStep() throws {
    let steps = try #require(value("$defs", "step", "properties") as? [String: Any])
    #expect(steps.keys.sorted() == StepReader.names.sorted())
  }

  @Test func itKnowsEveryCheckFaultAndOperation() {
    let check = value("properties", "checks", "items", "properties", "kind", "enum")
    #expect(names(check) == CheckCatalogue.names)
    let fault = value("$defs", "fault", "properties", "kind", "enum")
    #expect(names(fault) == FaultKind.parameters.keys.sorted())
    let operation = value("properties", "load", "properties", "mix", "propertyNames", "enum")
    #expect(names(operation) == DrillCore.Operation.allCases.map(\.rawValue).sorted())
  }

  @Test func itKnowsEveryParameterOfChecksAndEveryHeading() throws {
    let keys = try #require(value("properties", "checks", "items", "properties") as? [String: Any])
    let own: Set = ["id", "kind", "tier", "trial", "section"]
    #expect(Set(keys.keys).subtracting(own) == CheckCatalogue.parameters)
    let headings = value("properties", "checks", "items", "properties", "section", "enum")
    #expect(names(headings) == CheckSection.allCases.map(\.rawValue).sorted())
    let levels = value("properties", "checks", "items", "properties", "synchronous_commit", "enum") as? [String]
    #expect(levels == DurabilityIsKept.levels["synchronous_commit"])
    let tables = value("properties", "checks", "items", "properties", "table", "enum") as? [String]
    #expect(tables == ReplicasCarryReads.tables)
  }

  @Test func itKnowsEveryDamage() throws {
    let list = try #require(
      value("properties", "start", "properties", "damage", "items", "oneOf") as? [[String: Any]])
    var known: [String: [String]] = [:]
    for one in list {
      let keys = try #require(one["properties"] as? [String: Any])
      let kind = try #require((keys["kind"] as? [String: Any])?["const"] as? String)
      known[kind] = keys.keys.filter { $0 != "kind" }.sorted()
    }
    #expect(
      known == Dictionary(uniqueKeysWithValues: DamagePlan.Kind.allCases.map { ($0.rawValue, $0.parameters.sorted()) }))
  }

  /// The example of CONTRIBUTING.md is a scenario that would start.
  @Test func theWorkedExampleIsAScenario() throws {
    let text = try Repository.text("CONTRIBUTING.md")
    let fence = try #require(text.components(separatedBy: "```yaml\n").dropFirst().first)
    let yaml = try #require(fence.components(separatedBy: "```\n").first)
    let scenario = try ScenarioFile.parse(yaml, file: "CONTRIBUTING.md")
    #expect(scenario.id == "nobody-gets-in" && scenario.trials.count == 2)
    #expect(CheckCatalogue.checks(of: scenario).count == scenario.checks.count)
  }
}

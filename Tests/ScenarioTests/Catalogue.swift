import Foundation
import Runbook
import Testing
import Yams

/// What the repository says of its scenarios: the repairs of their runbooks, and the non-repairs that must fail.
enum Catalogue {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func scenarios() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/Chaos").filter {
      FileManager.default.fileExists(atPath: "\(root)/Chaos/\($0)/scenario.yaml")
    }.sorted()
  }
}

/// A named non-repair of `Chaos/<id>/decoys/`.
struct Decoy: Sendable, Decodable, CustomTestStringConvertible {
  var id: String
  /// The check that must refuse it, and the reason that it must give.
  var check: String
  var reason: String
  /// The file beside the decoy's own that does it.
  var script: String
  private(set) var scenario = ""

  private enum CodingKeys: String, CodingKey { case id, check, reason, script }

  var testDescription: String { "\(scenario): \(id)" }

  var text: String {
    get throws { try String(contentsOfFile: "\(Self.folder(scenario))/\(script)", encoding: .utf8) }
  }

  private static func folder(_ scenario: String) -> String { "\(Catalogue.root)/Chaos/\(scenario)/decoys" }

  static func all() throws -> [Decoy] {
    try Catalogue.scenarios().flatMap { scenario in
      let names = try FileManager.default.contentsOfDirectory(atPath: folder(scenario))
      return try names.filter { $0.hasSuffix(".yaml") }.sorted().map { name in
        let text = try String(contentsOfFile: "\(folder(scenario))/\(name)", encoding: .utf8)
        var decoy = try YAMLDecoder().decode(Decoy.self, from: text)
        decoy.scenario = scenario
        return decoy
      }
    }
  }
}

/// A named repair of a runbook, with the tier that it must reach.
struct Fix: Sendable, CustomTestStringConvertible {
  var scenario: String
  var name: String
  var tier: String

  var testDescription: String { "\(scenario): \(name)" }

  static func all() throws -> [Fix] {
    try Catalogue.scenarios().flatMap { scenario in
      let file = "Runbooks/\(scenario).md"
      let text = try String(contentsOfFile: "\(Catalogue.root)/\(file)", encoding: .utf8)
      return try Runbook.parse(text, file: file).fixes.map { fix in
        Fix(scenario: scenario, name: fix.name, tier: try #require(fix.tier?.rawValue))
      }
    }
  }
}

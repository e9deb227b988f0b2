import Engine
import Foundation
import TestFiles
import Testing

@testable import Controller

/// What is said of the lab's alert rules before a deploy and a grade.
@Suite struct AlertRulesTests {
  private func problem(_ files: [String: String]) async throws -> String? {
    let lab = try Scratch("prometheus/rules")
    for (name, text) in files {
      try text.write(toFile: "\(lab.path)/prometheus/rules/\(name)", atomically: true, encoding: .utf8)
    }
    return try await AlertRules(lab: LabFolder(path: lab.path)).problem()
  }

  private let valid = "groups:\n  - name: a\n    rules:\n      - {alert: A, expr: up == 0}\n"

  @Test func validRulesAndNoneAreFine() async throws {
    #expect(try await problem([:]) == nil)
    #expect(try await problem(["a.yml": valid, "notes.txt": "["]) == nil)
  }

  @Test func whatIsWrongIsSaidOnceWithItsFile() async throws {
    let said = try #require(try await problem(["a.yml": valid, "b.yml": "groups:\n - name: [\n"]))
    #expect(said.hasPrefix("prometheus/rules/b.yml: ") && !said.contains("a.yml"))
    #expect(said.split(separator: "\n").count == 1)
  }
}

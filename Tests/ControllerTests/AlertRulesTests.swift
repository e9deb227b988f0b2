import Engine
import Foundation
import Testing

@testable import Controller

/// What is said of the lab's alert rules before a deploy and a grade.
@Suite struct AlertRulesTests {
  private func problem(_ files: [String: String]) async throws -> String? {
    let lab = NSTemporaryDirectory() + "rules-\(UUID().uuidString)"
    let folder = lab + "/prometheus/rules"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: lab) }
    for (name, text) in files { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
    return try await AlertRules(lab: LabFolder(path: lab)).problem()
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

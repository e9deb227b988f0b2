import Engine
import Foundation

/// The lab's alert rules. Prometheus takes valid ones over as they are saved, and keeps the last valid ones otherwise.
struct AlertRules {
  let lab: LabFolder

  /// What `promtool check rules` says against them; nil for valid rules, and for none.
  func problem() async throws -> String? {
    let folder = "prometheus/rules"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(lab.path)/\(folder)")) ?? []
    let files = names.filter { $0.hasSuffix(".yml") }.sorted().map { "\(folder)/\($0)" }
    guard !files.isEmpty else { return nil }
    let result = try await CommandRunner.run(
      ["promtool", "check", "rules"] + files, directory: lab.path, timeout: .seconds(10))
    guard result.status != 0 else { return nil }
    guard ![125, 126, 127].contains(result.status) else {
      throw EngineError("promtool can't be run: \(result.output)", code: .missingPart)
    }
    guard result.status != 124 else { return "\(folder): promtool did not get through these files within 10 s" }
    // It counts what is valid, file by file, between what isn't.
    let lines = result.output.split(whereSeparator: \.isNewline).filter { line in
      !line.hasPrefix("Checking") && !line.contains("SUCCESS") && !line.contains("FAILED:")
    }
    // It says some things twice.
    var said: [String] = []
    for line in lines.map({ $0.trimmingCharacters(in: .whitespaces) }) where !said.contains(line) { said.append(line) }
    return said.joined(separator: "\n")
  }
}

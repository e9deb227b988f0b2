import Foundation
import Runbook
import TestFiles
import Testing

/// The runbooks that this repository ships.
@Suite struct RepositoryRunbooksTests {
  static let folder = "\(Repository.root)/Runbooks"
  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".md") && $0 != "README.md" }.sorted()

  @Test func thereAreSome() { #expect(!Self.files.isEmpty) }

  @Test(arguments: files) func isInForm(file: String) throws {
    let runbook = try Runbook(parsing: String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8), file: file)
    #expect(runbook.fixes.count >= 2)
    #expect(runbook.fixes.contains { $0.tier == .resolved })
    #expect(!runbook.preventions.isEmpty)
    #expect(!runbook.looks.isEmpty && !runbook.looks.contains { $0.text.contains("firedrill grade") })
  }

  /// Whoever is sent here by an alert must be able to find it: it comes with the lab, or with the runbook's prevention.
  @Test(arguments: files) func itsAlertExists(file: String) throws {
    let runbook = try Runbook(parsing: String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8), file: file)
    let rules = "\(Repository.root)/compose/lab/prometheus/rules"
    let shipped = try FileManager.default.contentsOfDirectory(atPath: rules)
      .map { try String(contentsOfFile: "\(rules)/\($0)", encoding: .utf8) }
    let alerts = (shipped + runbook.preventions.map(\.text)).flatMap { text in
      text.components(separatedBy: "- alert: ").dropFirst()
    }
    let own = alerts.filter { $0.hasPrefix(runbook.alert + "\n") }
    #expect(own.count == 1, "\(runbook.alert) is not in \(alerts)")
    #expect(own.first?.contains("severity: \(runbook.severity.rawValue)") == true)
  }

  /// Fences are run by bash, so they must at least be bash.
  @Test(arguments: files) func fencesAreValidShell(file: String) throws {
    let runbook = try Runbook(parsing: String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8), file: file)
    for script in runbook.diagnoses + runbook.fixes + runbook.preventions {
      let bash = Process()
      bash.executableURL = URL(filePath: "/bin/bash")
      bash.arguments = ["-n", "-c", script.text]
      try bash.run()
      bash.waitUntilExit()
      #expect(bash.terminationStatus == 0, "\(script.name) at line \(script.lines)")
    }
  }
}

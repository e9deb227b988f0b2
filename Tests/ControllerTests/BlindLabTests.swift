import DrillCore
import Engine
import Foundation
import Grading
import TestFiles
import Testing

@testable import Controller

/// What a blind lab keeps from the folder that people work in.
@Suite struct BlindLabTests {
  @Test func thereAreScenarios() { #expect(Repository.scenarios.count >= 6) }

  @Test(arguments: Repository.scenarios)
  func theBriefSaysWhatIsRequiredButForPrevention(id: String) throws {
    let scenario = try ScenarioFile.load("\(Repository.root)/Chaos/\(id)/scenario.yaml")
    let blind = BriefText.markdown(of: scenario, title: "incident-1", prevention: false)
    #expect(blind.hasPrefix("# incident-1\n\n"))
    #expect(!blind.contains("Prevented:") && !blind.contains(scenario.title))
    #expect(blind.contains("`firedrill brief --prevented`"))
    let open = BriefText.markdown(of: scenario, title: scenario.title, prevention: true)
    #expect(!open.contains("--prevented"))
    for line in scenario.contract {
      #expect(open.contains("- \(line)\n"))
      #expect(blind.contains("- \(line)\n") == !line.hasPrefix("Prevented:"))
    }
  }

  @Test func evidenceIsKeptOutsideUntilItIsPutIntoPlace() throws {
    let folder = NSTemporaryDirectory() + "firedrill-blind-\(UUID().uuidString)"
    let (first, second) = ("test-\(UUID().uuidString.prefix(8))", "test-\(UUID().uuidString.prefix(8))")
    let lab = LabFolder(path: folder)
    defer {
      try? FileManager.default.removeItem(atPath: folder)
      for id in [first, second] { try? BlindEvidence(labID: id).remove() }
    }
    try lab.save(
      .init(id: first, scenario: "stale-reads", seed: 1, blind: true, engine: "process", startedAt: 0))
    try Baseline(memoryBytes: 1, nodes: 1, healthySeconds: 6, symptomSeconds: 2).save(to: lab)
    ChangeLog(path: lab.changeLog).add(Timeline.beginning)
    let kept = BlindEvidence(labID: first)
    #expect(kept.grades.isEmpty && !kept.folder.hasPrefix(folder))
    #expect(try kept.putIntoPlace(of: lab, unfinished: true) == 0)
    for name in ["1", "2"] { try grade(in: "\(kept.folder)/\(name)", at: Date().timeIntervalSince1970) }
    try Data().write(to: URL(fileURLWithPath: kept.folder + "/1/errors.svg"))
    let mode = try FileManager.default.attributesOfItem(atPath: kept.folder)[.posixPermissions] as? Int
    #expect(mode == 0o700)
    #expect(try Timeline.read(lab).grades.count == 2)
    // The second one is still being written.
    #expect(try kept.putIntoPlace(of: lab, unfinished: false) == 1)
    #expect(FileManager.default.fileExists(atPath: lab.evidence + "/1/grade.json"))
    #expect(kept.grades == [kept.folder + "/2"])
    #expect(try Timeline.read(lab).grades.count == 2)
    kept.hand(to: second)
    #expect(kept.grades.isEmpty)
    let handed = BlindEvidence(labID: second)
    #expect(try handed.putIntoPlace(of: lab, unfinished: true) == 1)
    #expect(!FileManager.default.fileExists(atPath: handed.folder))
    #expect(try Timeline.read(lab).grades.count == 2)
    // Where nobody may look, nothing of it may lie about either when the lab is gone.
    try grade(in: handed.folder + "/3", at: 0)
    try handed.remove()
    #expect(!FileManager.default.fileExists(atPath: handed.folder))
    try handed.remove()
  }

  private func grade(in folder: String, at: Double) throws {
    let evidence = Evidence(folder: folder)
    try evidence.create()
    let record = GradeRecord(
      scenario: "incident-1", seed: 1, engine: "process", required: .resolved, evidence: folder, startedAt: at,
      blind: true)
    try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: evidence.path("grade.json")))
    try Data(#"{"verdict":"failed","tier":"none","checks":[]}"#.utf8)
      .write(to: URL(fileURLWithPath: evidence.path("verdict.json")))
  }
}

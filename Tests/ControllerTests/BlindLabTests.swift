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

  /// What people call these failures: whoever reads one of them knows what to look for.
  private static let terms = ["stampede", "thundering", "dogpile", "deadlock", "retry storm", "metastable"]

  /// As a blind start lays it down, with what containers need besides.
  @Test(arguments: Repository.scenarios) func noFileOfALabNamesTheFailure(id: String) throws {
    let scenario = try ScenarioFile.load("\(Repository.root)/Chaos/\(id)/scenario.yaml")
    let scratch = try Scratch()
    let lab = LabFolder(path: scratch.path + "/lab")
    let installation = Installation(share: Repository.root, programs: scratch.path)
    try lab.make(scenario: id, installation: installation, project: "firedrill-1a2b3c", force: false)
    let state = LabFolder.State(id: "1a2b3c", scenario: id, seed: 1, blind: true, engine: "compose", startedAt: 0)
    try lab.save(state)
    try lab.writeOverride(LabTopology.read(lab, scenario: id, installation: installation))
    let brief = BriefText.markdown(of: scenario, title: state.shownName, prevention: false)
    try brief.write(toFile: lab.path + "/BRIEF.md", atomically: true, encoding: .utf8)

    let files = contents(of: lab.path)
    for name in ["BRIEF.md", "compose.override.yaml", ".firedrill/lab.json", ".firedrill/pristine/compose.yaml"] {
      #expect(files[name] != nil, "\(name)")
    }
    // What every lab has tells none from the others.
    let common = contents(of: installation.baseLab).values.joined(separator: "\n")
    let words = try names(of: scenario).filter { !common.contains($0) }
    #expect(words.contains(id))
    for word in words.sorted() {
      for (name, text) in files {
        #expect(!name.lowercased().contains(word), "\(name)")
        let line = text.split(separator: "\n").first { $0.contains(word) } ?? ""
        #expect(line.isEmpty, "\(name) has `\(word)`: \(line)")
      }
    }
  }

  /// The text of each file by its path, in small letters.
  private func contents(of folder: String) -> [String: String] {
    var files: [String: String] = [:]
    let all = FileManager.default.enumerator(atPath: folder)
    while let name = all?.nextObject() as? String {
      guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else { continue }
      // The one setting of Postgres' that has such a name; it stands in every lab.
      files[name] = text.lowercased().replacing("deadlock_timeout", with: "")
    }
    return files
  }

  /// What it is called, in whatever spelling: its id and title, its faults, what its symptom's check says, its alerts.
  private func names(of scenario: Scenario) throws -> Set<String> {
    let plan = try Repository.text("Chaos/\(scenario.id)/scenario.yaml").components(separatedBy: "\nchecks:\n")[0]
    var words = plan.matches(of: /\bkind: ([a-z-]+)/).map { String($0.1) } + [scenario.id]
    if case .shows(let shows) = scenario.start.symptom { words += [shows.check.kind, shows.reason] }
    let spelled = words.flatMap { word in
      let parts = word.split { "-_".contains($0) }
      return ["-", "_", " ", ""].map { parts.joined(separator: $0) }
    }
    let alerts = try Repository.text(scenario.runbook).matches(of: /\balert: ([A-Za-z]+)/).map { String($0.1) }
    return Set((spelled + alerts + Self.terms + [scenario.title]).map { $0.lowercased() })
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

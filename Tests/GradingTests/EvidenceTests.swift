import DrillCore
import Engine
import Foundation
import TestFiles
import Testing

@testable import Grading

@Suite struct EvidenceTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A folder with the evidence of a grade in which one instance refused.
  private func make(blind: Bool = false) throws -> (folder: String, verdict: Verdict) {
    let folder = scratch.path + "/evidence"
    let scenario = try ScenarioFile.load(ScenarioFileTests.path)
    var history = History()
    history.addRows("mitigated.window.targets", at: 1, columns: ["node"], (1...101).map { ["inventory-\($0)"] })
    for node in 1...101 {
      history.add(
        stream: "sweep", op: "stock", target: "inventory-\(node)", at: Int64(node) * 1000,
        status: node == 77 ? 500 : 200,
        instance: "inventory-\(node)")
    }
    history = history.phase("mitigated.window", from: 10, to: 900_000_000, reason: "1 visits were refused")
    history = history.phase("mitigated", from: 5, to: 910_000_000)
    let record = GradeRecord(
      scenario: blind ? "incident-1" : scenario.id, seed: 7, engine: "process", required: .resolved,
      evidence: "lab/.evidence/x", startedAt: 1, blind: blind)
    let verdict = Judgement.verdict(scenario, history, record)
    let evidence = Evidence(folder: folder)
    try evidence.create()
    try evidence.write(try HistoryFile.encode(history), to: "history.jsonl")
    try evidence.write(try JSONEncoder().encode(record), to: "grade.json")
    try evidence.write(try #require(FileManager.default.contents(atPath: ScenarioFileTests.path)), to: "scenario.yaml")
    try evidence.write(Data("{}".utf8), to: "topology.json")
    try evidence.write(Data(verdict.json.utf8), to: "verdict.json")
    try evidence.write(Data(TextReport.text(verdict, required: .resolved).utf8), to: "summary.txt")
    try evidence.seal()
    return (folder, verdict)
  }

  @Test func regradingGivesTheSameBytes() throws {
    let (folder, verdict) = try make()
    #expect(verdict.verdict == .failed)
    #expect(verdict.checks.first { $0.id == "every-instance-serves" }?.finding.reason == "instance_refuses")
    #expect(!verdict.checks.contains { $0.tier == .resolved })
    #expect(try regrade(folder).json == verdict.json)
    #expect(FileManager.default.contents(atPath: folder + "/verdict.json") == Data(try regrade(folder).json.utf8))
  }

  @Test func aBlindLabsVerdictNamesNothing() throws {
    let (folder, open) = try make(blind: true)
    let verdict = try regrade(folder)
    #expect(verdict.scenario == "incident-1" && verdict.json == open.json)
    let texts = [
      verdict.json, JUnitReport.xml([ReportedGrade(verdict, required: .resolved)]),
      TextReport.text(verdict, required: .resolved, explain: true),
      try String(contentsOfFile: folder + "/grade.json", encoding: .utf8),
    ]
    for text in texts { #expect(!text.contains("one-bad-instance") && !text.contains("Runbooks/"), "\(text)") }
    #expect(texts[2].contains("the lab is blind"))
    #expect(!TextReport.text(verdict, required: .resolved).contains("see: "))
  }

  @Test func aWrongPathIsNoDamagedEvidence() throws {
    let (folder, _) = try make()
    try Evidence(folder: folder).requirePresence()
    #expect(throws: EngineError.self) { try Evidence(folder: folder + "/none").requirePresence() }
    for name in Evidence.files { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
    try Evidence(folder: folder).requirePresence()
    try FileManager.default.removeItem(atPath: folder + "/manifest.sha256")
    #expect(throws: EngineError.self) { try Evidence(folder: folder).requirePresence() }
  }

  @Test(arguments: Evidence.files)
  func editsAndLossesAreFound(name: String) throws {
    let (folder, _) = try make()
    let path = "\(folder)/\(name)"
    let content = try #require(FileManager.default.contents(atPath: path))
    for damaged in [content.dropLast(), content + Data(" ".utf8)] {
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: Evidence.Broken.self) { try regrade(folder) }
      #expect(error?.description.contains("\(name) was changed") == true)
    }
    try FileManager.default.removeItem(atPath: path)
    let error = #expect(throws: Evidence.Broken.self) { try regrade(folder) }
    #expect(error?.description.contains("\(name) is missing") == true)
  }

  @Test func aCutOffHistoryIsNamedEvenWithAFittingManifest() throws {
    let (folder, _) = try make()
    let evidence = Evidence(folder: folder)
    try evidence.write(Data(try evidence.read("history.jsonl").dropLast(20)), to: "history.jsonl")
    try evidence.seal()
    let error = #expect(throws: Evidence.Broken.self) { try regrade(folder) }
    #expect(error?.description.contains("cut off") == true)
  }

  @Test func anEmptyFolderIsNoEvidence() {
    #expect(throws: Evidence.Broken.self) { try regrade("/nowhere") }
  }

  @Test func evidenceIsNeverOverwritten() throws {
    let (folder, _) = try make()
    #expect(throws: Evidence.Broken.self) { try Evidence(folder: folder).create() }
  }
}

@Suite struct ReportTests {
  private func xml(_ findings: [Finding]) -> String {
    JUnitReport.xml([ReportedGrade(verdict(findings), required: .mitigated, seconds: 1.5)])
  }

  private func verdict(_ findings: [Finding]) -> Verdict {
    let checks = findings.enumerated().map {
      CheckResult(id: "check-\($0.offset)", tier: .mitigated, finding: $0.element, runbook: "R.md#verify")
    }
    return Verdict(
      scenario: "s", seed: 1, engine: "process", required: .mitigated, checks: checks, load: .init(), evidence: "e")
  }

  @Test func textSaysWhatWasSeenAndWhereToLook() {
    let text = TextReport.text(
      verdict([.met("fine"), .violated("why", "seen", expected: "wanted")]), required: .mitigated)
    for word in [
      "fine", "seen", "wanted", "why", "firedrill runbook s --section verify", "failed: tier none, mitigated required",
      "seed 1",
    ] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func junitTellsWrongRepairsFromOurTrouble() throws {
    let nasty = "<&>\"'\n\u{1}é"
    let xml = xml([.met("ok"), .violated("why", nasty, expected: nasty), .inconclusive(.probeDead, nasty)])
    #expect(xml.contains("tests=\"3\" failures=\"1\" errors=\"1\""))
    #expect(xml.contains("<failure type=\"why\"") && xml.contains("<error type=\"probe_dead\""))
    #expect(!xml.contains("\u{1}") && xml.contains("&lt;&amp;&gt;&quot;"))
    #expect(self.xml([]).contains("errors=\"1\""))
  }
}

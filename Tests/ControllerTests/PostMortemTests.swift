import DrillCore
import Engine
import Foundation
import Grading
import TestFiles
import Testing

@testable import Controller

@Suite struct PostMortemTests {
  private static func grade(_ at: Double, _ tier: Tier, _ violated: [String] = [], end: Double? = nil)
    -> Timeline.Grade
  {
    Timeline.Grade(
      at: at, end: end, verdict: violated.isEmpty ? "passed" : "failed", tier: tier, violated: violated)
  }

  private let timeline = Timeline(
    harm: 1000,
    changes: [
      .init(at: 1090, what: "restart order"), .init(at: 1600, what: "deploy: .env"), .init(at: 2000, what: "deploy: b"),
    ],
    grades: [
      grade(1200, .none, ["users-are-served"]), grade(1700, .mitigated, ["survives"]),
      grade(2100, .resolved, end: 2130),
      grade(2200, .resolved),
    ])

  @Test func aTierIsReachedAtTheEndOfTheGradeThatShowsIt() {
    #expect(timeline.noticed?.at == 1090)
    #expect(timeline.reached(.mitigated)?.at == 1700)
    #expect(timeline.reached(.resolved)?.at == 2130)
    #expect(timeline.reached(.prevented) == nil)
  }

  @Test func aGradeBeforeAnyChangeIsASignToo() {
    let early = Timeline(harm: 0, changes: [.init(at: 9, what: "x")], grades: [Self.grade(5, .none, ["a"])])
    #expect(early.noticed?.at == 5)
    #expect(Timeline(harm: 0, changes: [], grades: [Self.grade(5, .resolved)]).reached(.resolved)?.at == 5)
    #expect(Timeline(harm: 0, changes: [], grades: []).noticed == nil)
  }

  @Test func theDocumentSaysHowLongItTookAndWhatWasMissed() {
    let text = PostMortem(title: "T", timeline: timeline, diff: "+a\n").markdown
    #expect(text.contains("| detect | 1:30 (missed) | 1:00 |"))
    #expect(text.contains("| triage | to be filled in | 5:00 |"))
    #expect(text.contains("| mitigate | 11:40 | 15:00 |"))
    #expect(text.contains("| resolve | 18:50 | 1:00:00 |"))
    #expect(text.contains("```diff\n+a\n```"))
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("- 1970") }
    #expect(lines.count == 8)
    #expect(lines[0].hasSuffix("(+0:00) first harm to users: the symptom shows"))
    #expect(lines[2].hasSuffix("(+3:20) grade ends: failed, tier none; failed: users-are-served"))
  }

  @Test func targetsShrinkWithTheScale() {
    let text = PostMortem(title: "T", timeline: timeline, diff: "", scale: 10).markdown
    #expect(text.contains("| mitigate | 11:40 (missed) | 1:30 |"))
    #expect(text.contains("No file of the lab differs"))
  }

  @Test func whatIsNotReachedIsNotYet() {
    let text = PostMortem(title: "T", timeline: Timeline(harm: 0, changes: [], grades: []), diff: "").markdown
    for what in ["detect", "mitigate", "resolve"] { #expect(text.contains("| \(what) | not yet |")) }
  }

  @Test func aFenceOfTheDiffDoesNotEndIt() {
    let text = PostMortem(title: "T", timeline: timeline, diff: "+```sh\n").markdown
    #expect(text.contains("````diff\n+```sh\n````"))
  }

  @Test func whateverWasDoneFirstIsTheSignThatSomebodyNoticed() {
    var some = timeline
    some.help = [.init(at: 1050, what: "hint 1 of 4")]
    #expect(some.noticed?.what == "hint 1 of 4")
    some.look = .init(at: 1020, what: "logs order-1")
    #expect(some.noticed?.what == "logs order-1")
    #expect(some.moments.map(\.what)[1...2] == ["first look: logs order-1", "hint 1 of 4"])
  }

  @Test func theFaultComesFirstAndNoTimeCountsFromIt() {
    var some = timeline
    some.fault = 996
    #expect(some.moments.first == .init(at: 996, what: "the fault: from here on the shop is broken"))
    let text = PostMortem(title: "T", timeline: some, diff: "").markdown
    #expect(text.contains("(-0:04) the fault: "))
    #expect(text.contains("| detect | 1:30 (missed) | 1:00 |") && text.contains("| mitigate | 11:40 | 15:00 |"))
    // Also where both are one moment.
    some.fault = 1000
    #expect(some.moments.map(\.what)[0...1].last == "first harm to users: the symptom shows")
  }

  @Test func alertsAreToldOnceAndDetectNothing() {
    var some = timeline
    some.add(alerts: [
      .init(at: 1010, what: "the alert A fires"), .init(at: 2110, what: "the alert B fires"),
      .init(at: 2300, what: "the alert C fires"),
    ])
    // The second one fired while a grade ran, whose evidence tells of it.
    #expect(some.alerts.map(\.at) == [1010, 2300])
    #expect(some.moments.map(\.what)[1] == "the alert A fires")
    #expect(some.noticed?.at == 1090)
  }

  @Test func aLabThatIsTakenUpAgainKeepsItsStory() throws {
    let scratch = try Scratch()
    let lab = LabFolder(path: scratch.path + "/lab")
    try FileManager.default.createDirectory(atPath: lab.stateFolder, withIntermediateDirectories: true)
    try Baseline(memoryBytes: 1, nodes: 1, healthySeconds: 6, faultSeconds: 1, symptomSeconds: 2).save(to: lab)
    let log = ChangeLog(path: lab.changeLog)
    for what in [Timeline.beginning, Timeline.continuation, "deploy: .env"] { log.add(what) }
    let read = try Timeline.read(lab)
    #expect(read.fault == read.harm - 1)
    #expect(read.continued.map(\.what) == [Timeline.continuation])
    // Nobody has noticed anything by it.
    #expect(read.changes.map(\.what) == ["deploy: .env"] && read.noticed?.what == "deploy: .env")
    #expect(read.moments.map(\.what).contains(Timeline.continuation))
  }

  @Test func aCheckThatFailedInAPassedGradeIsSaidToHave() {
    let grade = Timeline.Grade(at: 5, verdict: "passed", tier: .resolved, violated: ["alert-fires-first"])
    let last = Timeline(harm: 0, changes: [], grades: [grade]).moments.last
    #expect(last?.what == "grade ends: passed, tier resolved; failed: alert-fires-first")
  }

  @Test func aLabIsReadFromWhatItLeftBehind() throws {
    let scratch = try Scratch()
    let lab = LabFolder(path: scratch.path + "/lab")
    try FileManager.default.createDirectory(atPath: lab.stateFolder, withIntermediateDirectories: true)
    #expect(throws: EngineError.self) { try Timeline.read(lab) }
    try Baseline(memoryBytes: 1, nodes: 1, healthySeconds: 2, symptomSeconds: 6).save(to: lab)
    let now = Date().timeIntervalSince1970
    let log = ChangeLog(path: lab.changeLog)
    for what in [Timeline.beginning, "deploy: old", Timeline.beginning, "scale inventory=101"] { log.add(what) }
    var read = try Timeline.read(lab)
    // The second beginning counts, and what came before the symptom is no repair.
    #expect(read.harm > now + 3 && read.harm < now + 60)
    #expect(read.changes.isEmpty && read.grades.isEmpty)

    let evidence = Evidence(folder: lab.evidence + "/one")
    try evidence.create()
    let record = GradeRecord(
      scenario: "s", seed: 1, engine: "process", required: .resolved, evidence: "e", startedAt: read.harm + 30)
    try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: evidence.path("grade.json")))
    try Data(
      #"{"verdict":"failed","tier":"mitigated","checks":[{"id":"a","status":"met"},{"id":"b","status":"violated"}]}"#
        .utf8
    ).write(to: URL(fileURLWithPath: evidence.path("verdict.json")))
    var history = History()
    history.addAlert("Pending", "pending", at: 1)
    history.addAlert("Late", "firing", at: 2_000_000_000)
    try HistoryFile.encode(history).write(to: URL(fileURLWithPath: evidence.path("history.jsonl")))
    let elsewhere = scratch.path + "/elsewhere"
    try FileManager.default.copyItem(atPath: evidence.folder, toPath: elsewhere)
    // A grade that broke off left no verdict.
    try Evidence(folder: lab.evidence + "/two").create()
    read = try Timeline.read(lab)
    #expect(read.grades.count == 1)
    #expect(read.grades.first?.tier == .mitigated)
    #expect(read.grades.first?.violated == ["b"])
    #expect(read.grades.first?.end == record.startedAt + 2)
    #expect(read.grades.first?.alerts == [.init(at: record.startedAt + 2, what: "the alert Late fires in a grade")])

    // Of the log only what was done after the harm counts: this one's time is before it.
    log.add("grade: failed", .grade, evidence: elsewhere)
    #expect(try Timeline.read(lab).grades.count == 1)
    try Baseline(memoryBytes: 1, nodes: 1, healthySeconds: 6, symptomSeconds: 2).save(to: lab)
    log.add("hint 1 of 4", .help)
    log.add("logs order-1", .look)
    log.add("grade: failed", .grade, evidence: elsewhere)
    log.add("grade: passed", .grade, evidence: evidence.folder)
    read = try Timeline.read(lab)
    #expect(read.grades.count == 2)
    #expect(read.help.map(\.what) == ["hint 1 of 4"] && read.look?.what == "logs order-1")
    #expect(log.entries().map(\.what).last == "scale inventory=101")
  }
}

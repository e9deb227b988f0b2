import DrillCore
import Foundation
import TestFiles
import Testing
import Topology

@testable import Certification

/// What the files say, and what is wrong with them.
@Suite struct FilesTests {
  private static let checks = ["one": ["it_fails", "r"], "two": ["stale_read", "front_door_missing"], "three": []]

  private func certify(_ text: String, decoys: [String] = CertifyFile.common) -> (CertifyFile?, [String]) {
    let problems = Problems()
    let file = CertifyFile.read(
      text, file: "c.yaml", checks: Self.checks, decoys: decoys, cells: ["nothing", "healthy", "fix/one"],
      problems: problems)
    return (file, problems.errors.map(\.description))
  }

  @Test func theFileOfAScenario() {
    let (file, problems) = certify("nothing: {check: one, reason: it_fails}\n")
    #expect(problems.isEmpty)
    #expect(file?.nothing == CertifyFile.Refusal(check: "one", reason: "it_fails"))
    #expect(file?.processors == 2)
  }

  @Test(arguments: [(1, true), (64, true), (0, false), (65, false)])
  func aLabKeepsProcessorsBusy(_ count: Int, _ isRight: Bool) {
    let (file, problems) = certify("nothing: {check: one, reason: r}\nprocessors: \(count)\n")
    #expect(problems.isEmpty == isRight)
    if isRight { #expect(file?.processors == count) }
  }

  @Test func cellsThatHangOnTimingAreNamed() throws {
    let plain = "nothing: {check: one, reason: r}\n"
    #expect(certify(plain).0?.timing == [])
    let (file, problems) = certify(plain + "timing: [healthy, fix/one]\n")
    #expect(problems.isEmpty && file?.timing == ["healthy", "fix/one"])
    let (_, wrong) = certify(plain + "timing: [fix/on, healthy, healthy]\n")
    #expect(wrong.count == 2)
    #expect(wrong.contains { $0.contains("c.yaml:2:10: timing") && $0.contains("no cell `fix/on`") }, "\(wrong)")
    #expect(wrong.contains { $0.contains("`healthy` stands here twice") }, "\(wrong)")
    #expect(!certify(plain + "timing: healthy\n").1.isEmpty)
  }

  @Test func everyCommonNonRepairIsADecoyOrExplained() {
    let text = "nothing: {check: one, reason: r}\nwithout:\n  stop-the-users: there are none\n"
    let decoys = ["restart-everything", "scale-to-zero"]
    let (file, problems) = certify(text, decoys: decoys)
    #expect(file?.without == ["stop-the-users": "there are none"])
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix("c.yaml:2:1: without.remove-the-feature: needs") == true, "\(problems)")
  }

  @Test func everyProblemIsSaidAtOnceWithItsPlace() {
    let text = """
      nothing: {check: four, reason: Not A Code, because: x}
      without:
        stop-the-user: typed wrongly
        restart-everything: there is one
      other: 1
      """
    let (_, problems) = certify(text)
    for part in [
      "c.yaml:1:18: nothing.check: the scenario has no check `four`", "nothing.reason: is no reason's code",
      "nothing.because: is not supported", "c.yaml:3:3: without.stop-the-user: must be one of",
      "did you mean `stop-the-users`?", "c.yaml:4:3: without.restart-everything: there is a decoy",
      "c.yaml:5:1: other: is not supported",
    ] {
      #expect(problems.contains { $0.contains(part) }, "\(part) is not in \(problems)")
    }
  }

  @Test func withoutAnythingTheFileIsRefused() {
    #expect(certify("{}\n").1.contains { $0.contains("nothing: is missing") })
    #expect(certify("nothing: [\n").1.contains { $0.contains("is no valid YAML") })
    #expect(!certify("").1.isEmpty)
  }

  @Test func aDecoyCanRequireAnotherTier() throws {
    let text = "id: d\ntitle: t\nscript: d.sh\ncheck: one\nreason: r\nbecause: b\n"
    let problems = Problems()
    let plain = DecoyFile.read(text, file: "x/d.yaml", checks: Self.checks, problems: problems)
    #expect(plain?.required == .resolved)
    let other = DecoyFile.read(text + "require: prevented\n", file: "x/d.yaml", checks: Self.checks, problems: problems)
    #expect(other?.required == .prevented)
    try problems.throwIfAny()
    _ = DecoyFile.read(text + "require: none\n", file: "x/e.yaml", checks: ["two": ["r"]], problems: problems)
    let words = problems.errors.map(\.description)
    #expect(words.contains { $0.contains("x/e.yaml:7:10: require: must be mitigated, resolved, prevented") })
    #expect(words.contains { $0.contains("x/e.yaml:1:1: id: must be the file's name") })
    #expect(words.contains { $0.contains("check: the scenario has no check `one`") })
  }

  @Test(arguments: [
    (
      "two", "stale_raed",
      "`two` never refuses for `stale_raed`; did you mean `stale_read`?, only for stale_read, front"
    ),
    ("two", "it_fails", "`two` never refuses for `it_fails`"), ("one", "not_tried", "`one` never refuses for"),
    ("three", "r", "`three` never refuses for `r`, for nothing: it only can't tell"),
    ("tow", "stale_read", "the scenario has no check `tow`; did you mean `two`?"),
  ])
  func aReasonIsOneOfItsCheck(_ check: String, _ reason: String, _ words: String) {
    let problems = Problems()
    let text = "id: d\ntitle: t\nscript: d.sh\ncheck: \(check)\nreason: \(reason)\nbecause: b\n"
    _ = DecoyFile.read(text, file: "x/d.yaml", checks: Self.checks, problems: problems)
    let found = problems.errors.map(\.description)
    #expect(found.count == 1 && found[0].contains(words), "\(found)")
    #expect(found.first?.hasPrefix(check == "tow" ? "x/d.yaml:4:8: check: " : "x/d.yaml:5:9: reason: ") == true)
    for key in ["nothing", "files"] {
      let other = key == "files" ? "nothing: {check: one, reason: r}\n" : ""
      let (_, said) = certify("\(other)\(key): {check: \(check), reason: \(reason)}\n")
      #expect(said.count == 1 && said[0].contains(words), "\(said)")
    }
  }

  /// The examples of CONTRIBUTING.md are files that would be read.
  @Test func theWorkedExamplesAreFiles() throws {
    let text = try Repository.text("CONTRIBUTING.md")
    let fences = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
      $0.components(separatedBy: "```\n").first
    }
    let problems = Problems()
    let checks = ["users-are-served": ["users_refused"], "served-at-peak": ["users_refused"]]
    let decoy = try #require(fences.first { $0.contains("because:") })
    let read = DecoyFile.read(decoy, file: "x/restart-everything.yaml", checks: checks, problems: problems)
    #expect(read?.script == "restart-everything.sh" && read?.required == .resolved)
    let certify = try #require(fences.first { $0.contains("without:") })
    let common = CertifyFile.common.filter { $0 != "remove-the-feature" }
    let file = CertifyFile.read(
      certify, file: "c.yaml", checks: checks, decoys: common, cells: ["healthy"], problems: problems)
    #expect(file?.files?.check == "served-at-peak" && file?.without.count == 1 && file?.processors == 1)
    #expect(file?.timing == ["healthy"])
    try problems.throwIfAny()
  }

  @Test(arguments: Repository.scenarios) func theRepositorysScenariosAreComplete(_ id: String) throws {
    let subject = try Subject(scenario: id, share: Repository.root)
    #expect(subject.problems.isEmpty, "\(subject.problems.map(\.description))")
    let ids = subject.cells.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.prefix(3) == ["nothing", "healthy", "diagnosis"])
    // They are tried twenty times: few, and at least one.
    #expect((1...3).contains(subject.cells.count(where: \.isTiming)))
    #expect(subject.cells.count { $0.kind == .decoy } >= 5)
    #expect(subject.cells.count { $0.kind == .fix } >= 2)
    for trouble in ["controller-killed", "controller-frozen", "probes-cut-off"] {
      #expect(ids.contains("harness/\(trouble)"))
    }
    for cell in subject.cells where cell.kind == .harness { #expect(cell.expectation == .inconclusive) }
  }

  @Test func theFirstScenariosPreventionIsARepairWithEverythingThatPrevents() throws {
    let cells = try Subject(scenario: "one-bad-instance", share: Repository.root).cells
    let prevention = try #require(cells.first { $0.kind == .prevention })
    #expect(prevention.preparations == [.runbook("pgbouncer"), .runbook("alert"), .runbook("preflight")])
    #expect(prevention.required == .prevented && prevention.expectation == .passed(.prevented))
    let harness = try #require(cells.first { $0.id == "harness/prometheus-stopped" })
    #expect(harness.trouble == .prometheusStopped(trial: "prevented") && harness.required == .prevented)
    #expect(harness.preparations == prevention.preparations)
    let mitigated = try #require(cells.first { $0.id == "fix/raise-the-cap" })
    #expect(mitigated.required == .mitigated && mitigated.expectation == .passed(.mitigated))
  }

  @Test func theDiagnosisIsEveryLookThatNeedsNobody() throws {
    let cells = try Subject(scenario: "one-bad-instance", share: Repository.root).cells
    let diagnosis = try #require(cells.first { $0.kind == .diagnosis })
    #expect(diagnosis.id == "diagnosis" && diagnosis.expectation == .seen && !diagnosis.isTiming)
    #expect(diagnosis.preparations.first == .runbook("ask-each-instance"))
    #expect(diagnosis.preparations.contains(.runbook("connect-by-hand")))
    #expect(!diagnosis.preparations.contains(.runbook("verify")))
    #expect(Plan.timing(cells).map(\.id) == ["fix/release-idle"])
  }

  @Test func theFilesOfTheFailureAndOfARepairThatLastsAreHandedIn() throws {
    let cells = try Subject(scenario: "one-bad-instance", share: Repository.root).cells
    let files = cells.filter { $0.kind == .files }
    #expect(files.map(\.id) == ["files/nothing", "files/pgbouncer"])
    #expect(files[0].preparations.isEmpty && files[0].expectation == cells.first { $0.id == "nothing" }?.expectation)
    #expect(files[1].preparations == [.runbook("pgbouncer")] && files[1].expectation == .passed(.resolved))
    #expect(files.allSatisfy { $0.required == .resolved })
  }

  @Test func whatIsMissingIsNamed() throws {
    let share = try Scratch("Runbooks")
    let files = FileManager.default
    for path in ["Chaos/one-bad-instance", "Runbooks/one-bad-instance.md", "compose"] {
      try files.createDirectory(
        atPath: "\(share.path)/\((path as NSString).deletingLastPathComponent)", withIntermediateDirectories: true)
      try files.copyItem(atPath: "\(Repository.root)/\(path)", toPath: "\(share.path)/\(path)")
    }
    let chaos = share.path + "/Chaos/one-bad-instance"
    let before = try Fingerprint.files(of: "one-bad-instance", share: share.path)
    #expect(before == (try Fingerprint.files(of: "one-bad-instance", share: Repository.root)))
    // What makes images and explains is no part of a verdict.
    try files.removeItem(atPath: share.path + "/compose/README.md")
    #expect(try Fingerprint.files(of: "one-bad-instance", share: share.path) == before)
    try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: chaos + "/healthy.sh")
    #expect(try Fingerprint.files(of: "one-bad-instance", share: share.path) != before)
    try files.removeItem(atPath: chaos + "/decoys/cap-101.sh")
    try files.removeItem(atPath: chaos + "/certify.yaml")
    let words = try Subject(scenario: "one-bad-instance", share: share.path).problems.map(\.description)
    for part in [
      "Chaos/one-bad-instance/healthy.sh:1:1: is missing or not executable",
      "Chaos/one-bad-instance/decoys/cap-101.sh:1:1: is missing", "Chaos/one-bad-instance/certify.yaml:1:1: is missing",
    ] {
      #expect(words.contains { $0.hasPrefix(part) }, "\(words)")
    }
    let runbook = share.path + "/Runbooks/one-bad-instance.md"
    let alone = try String(contentsOfFile: runbook, encoding: .utf8)
      .replacing(#/\{diagnose=([a-z-]+)\}/#) { "{diagnose=\($0.1) by=hand}" }
    try alone.write(toFile: runbook, atomically: true, encoding: .utf8)
    try files.removeItem(atPath: chaos + "/decoys")
    let none = try Subject(scenario: "one-bad-instance", share: share.path).problems.map(\.description)
    #expect(none.contains { $0.contains("has 0 decoys") })
    #expect(none.contains { $0.hasPrefix("Runbooks/one-bad-instance.md:1:1: has no diagnosis") }, "\(none)")
  }

  /// What passes though no runbook advises it is tried as the runbook's own repairs are.
  @Test func aRepairOfNoRunbookIsACellToo() throws {
    let subject = try Subject(scenario: "silent-replica", share: Repository.root)
    #expect(subject.problems.isEmpty, "\(subject.problems)")
    let cell = try #require(subject.cells.first { $0.id == "fix/doors-before-the-servers" })
    let script = Repository.root + "/Chaos/silent-replica/repairs/doors-before-the-servers.sh"
    #expect(cell.preparations == [.script(script)] && cell.expectation == .passed(.resolved))
    #expect(cell.required == .resolved)
    let prevention = try #require(subject.cells.first { $0.id == "fix/rule-that-looks-back" })
    #expect(prevention.required == .prevented && prevention.expectation == .passed(.prevented))
    let share = try Scratch("Runbooks", "Chaos")
    for path in ["Chaos/silent-replica", "Runbooks/silent-replica.md"] {
      try FileManager.default.copyItem(atPath: "\(Repository.root)/\(path)", toPath: "\(share.path)/\(path)")
    }
    let twice = share.path + "/Chaos/silent-replica/repairs/repair-in-place.sh"
    try "#!/bin/sh\n".write(toFile: twice, atomically: true, encoding: .utf8)
    let words = try Subject(scenario: "silent-replica", share: share.path).problems.map(\.description)
    for part in ["is missing or not executable", "is a fix of the runbook, too"] {
      #expect(words.contains { $0.contains("repairs/repair-in-place.sh") && $0.contains(part) }, "\(words)")
    }
  }
}

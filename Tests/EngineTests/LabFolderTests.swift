import Foundation
import TestFiles
import Testing

@testable import Engine

@Suite struct LabFolderTests {
  private let scratch: Scratch
  private let installation: Installation

  init() throws {
    scratch = try Scratch()
    installation = Installation(share: scratch.path + "/share", programs: scratch.path + "/bin")
    let files = FileManager.default
    for folder in [installation.baseLab + "/bin", installation.scenario("x") + "/lab"] {
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    let compose = """
      services: {web: {command: [fleet, web], secrets: [door]}}
      secrets: {door: {file: ./secrets/door}}
      """
    try compose.write(toFile: installation.baseLab + "/compose.yaml", atomically: true, encoding: .utf8)
    try "base".write(toFile: installation.baseLab + "/a", atomically: true, encoding: .utf8)
    try "base".write(toFile: installation.baseLab + "/bin/b", atomically: true, encoding: .utf8)
    try "scenario".write(toFile: installation.scenario("x") + "/lab/a", atomically: true, encoding: .utf8)
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func aLabIsFoundFromInside() throws {
    let lab = LabFolder(path: scratch.path + "/lab")
    try FileManager.default.createDirectory(atPath: lab.path + "/sql/orders", withIntermediateDirectories: true)
    #expect(LabFolder.around(lab.path + "/sql/orders") == nil)
    try FileManager.default.createDirectory(atPath: lab.stateFolder, withIntermediateDirectories: true)
    try "{}".write(toFile: lab.stateFile, atomically: true, encoding: .utf8)
    try "x".write(toFile: lab.path + "/sql/orders/a.sql", atomically: true, encoding: .utf8)
    for folder in [lab.path, lab.path + "/sql/orders"] { #expect(LabFolder.around(folder) == lab.path) }
    #expect(LabFolder.around(scratch.path) == nil)
    #expect(lab.ownFiles { "\($1.st_size)" } == ["sql/orders/a.sql": "1"])
  }

  private func make(_ lab: LabFolder, force: Bool) throws {
    try lab.make(scenario: "x", installation: installation, project: "firedrill-1", force: force)
  }

  @Test func theScenariosFilesLieOverTheBase() throws {
    let lab = LabFolder(path: scratch.path + "/lab")
    try make(lab, force: false)
    #expect(try text(lab.path + "/a") == "scenario")
    #expect(try text(lab.path + "/bin/b") == "base")
    #expect(try text(lab.path + "/.env").hasSuffix("\nCOMPOSE_PROJECT_NAME=firedrill-1\n"))
    #expect(try text(lab.pristine + "/.env") == text(lab.path + "/.env"))
    #expect(try text(lab.secrets + "/door").count == 33)
    let mode = try FileManager.default.attributesOfItem(atPath: lab.secrets + "/door")[.posixPermissions] as? Int
    #expect(mode == 0o444)
    #expect(try FileManager.default.attributesOfItem(atPath: lab.secrets)[.posixPermissions] as? Int == 0o700)
  }

  @Test func aChangedLabIsNeverOverwrittenWithoutForce() throws {
    let lab = LabFolder(path: scratch.path + "/lab")
    try make(lab, force: false)
    try "mine".write(toFile: lab.path + "/a", atomically: true, encoding: .utf8)
    #expect(throws: EngineError.self) { try make(lab, force: false) }
    #expect(try text(lab.path + "/a") == "mine")
    // Without a state it is somebody's folder, not a lab: not even --force takes it.
    #expect(throws: EngineError.self) { try make(lab, force: true) }
    try lab.save(.init(id: "1", scenario: "x", seed: 1, blind: false, engine: "process", startedAt: 0))
    try make(lab, force: true)
    #expect(try text(lab.path + "/a") == "scenario")
  }

  /// `grep -r` over a blind lab's folder must not find what it is; every command must.
  @Test func aBlindLabsScenarioIsNotWrittenAsItIs() throws {
    let lab = LabFolder(path: scratch.path + "/lab")
    var state = LabFolder.State(
      id: "1a2b", scenario: "stale-reads", seed: 1, blind: true, engine: "process", startedAt: 0)
    try lab.save(state)
    #expect(try !text(lab.stateFile).contains("stale"))
    #expect(try lab.requireState() == state)
    state.blind = false
    try lab.save(state)
    #expect(try text(lab.stateFile).contains("\"stale-reads\""))
    #expect(try lab.requireState() == state)
  }

  @Test func resetBringsBackEveryFileAndKeepsTheSecrets() throws {
    let lab = LabFolder(path: scratch.path + "/lab")
    try make(lab, force: false)
    let secret = try text(lab.secrets + "/door")
    try "mine".write(toFile: lab.path + "/new", atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: lab.path + "/a")
    try lab.restorePristine()
    #expect(try text(lab.path + "/a") == "scenario")
    #expect(!FileManager.default.fileExists(atPath: lab.path + "/new"))
    #expect(try text(lab.secrets + "/door") == secret)
  }
}

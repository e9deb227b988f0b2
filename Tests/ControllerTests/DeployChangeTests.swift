import Engine
import Foundation
import TestFiles
import Testing
import Topology

@testable import Controller

@Suite struct DeployChangeTests {
  private func topology(_ services: [String: [String: String]], replicas: Int? = nil, judge: Bool = false) -> Topology {
    Topology(
      services: services.sorted { $0.key < $1.key }.map { name, environment in
        var service = Topology.Service(name: name, judge: judge, place: YAMLPlace(file: "compose.yaml"))
        service.environment = environment
        service.replicas = replicas
        return service
      })
  }

  @Test func filesAndSettingsAreNamedWithWhatTheyWere() {
    let text = DeployChange.text(
      files: [".env", "preflight"], from: topology(["order": ["ORDER_READS": "off", "A": "1"]], replicas: 2),
      to: topology(["order": ["ORDER_READS": "lsn-token", "B": ""]], replicas: 3), done: ["order: 2 restarted"])
    #expect(
      text == "deploy: .env, preflight changed; A 1 -> (not set) (order); B (not set) -> (empty) (order); "
        + "ORDER_READS off -> lsn-token (order); instances 2 -> 3 (order); order: 2 restarted")
  }

  @Test func whatServicesShareIsSaidOnce() {
    let settings = DeployChange.settings(
      from: topology(["a": ["X": "1"], "b": ["X": "1"]]), to: topology(["a": ["X": "2"], "b": ["X": "2"]]))
    #expect(settings == ["X 1 -> 2 (a, b)"])
  }

  @Test(arguments: [
    ("ORDER_DATABASE_PASSWORD", "hunter2"), ("API_TOKEN", "hunter2"), ("URL", "postgres://me:hunter2@postgres/orders"),
  ])
  func secretsNeverShow(name: String, value: String) {
    let settings = DeployChange.settings(from: topology(["a": [:]]), to: topology(["a": [name: value]]))
    #expect(settings == ["\(name) changed (a)"])
  }

  @Test func nothingIsNothing() {
    let same = topology(["a": ["X": "1"]])
    #expect(DeployChange.text(files: [], from: same, to: same, done: []) == nil)
    let rules = DeployChange.text(files: ["preflight"], from: same, to: same, done: [])
    #expect(rules == "deploy: preflight changed; no service was touched")
    let judge = topology(["a": ["X": "2"]], judge: true)
    #expect(DeployChange.settings(from: same, to: judge).isEmpty)
  }

  @Test func filesAreToldByTheirContent() throws {
    let scratch = try Scratch("sql")
    let lab = LabFolder(path: scratch.path)
    for folder in [lab.stateFolder, lab.logs] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(lab.path)/\(name)", atomically: true, encoding: .utf8)
    }
    try write("A=1", ".env")
    try write("x", "sql/schema.sql")
    try write("x", "logs/a.log")
    #expect(DeployedFiles.last(of: lab) == nil)
    let before = DeployedFiles.now(in: lab)
    before.save(to: lab)
    #expect(DeployedFiles.last(of: lab) == before)
    try write("A=1", ".env")
    #expect(before.differing(in: .now(in: lab)).isEmpty)
    try write("A=2", ".env")
    try write("y", "new")
    try FileManager.default.removeItem(atPath: lab.path + "/sql/schema.sql")
    #expect(before.differing(in: .now(in: lab)) == [".env", "new", "sql/schema.sql"])
  }
}

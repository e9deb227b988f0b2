import TestFiles
import Testing
import Topology

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct TwoFilesTests {
  static let lab = """
    services:
      a:
        command: x
        environment: {RULES: "/lab/rules/*.yml", X: "see:/lab/x.conf."}
        volumes: ["./sql:/sql"]
        secrets: [one]
    volumes: {data: }
    secrets: {one: {file: ./secrets/one}}
    """

  @Test func joinsLabAndJudge() throws {
    let topology = try Topology.parse([
      .init(name: "compose.yaml", text: Self.lab),
      .init(
        name: "judge.yaml",
        text:
          "services:\n  j: {command: x, depends_on: [a], secrets: [one, two]}\nsecrets: {two: {file: ./secrets/two}}\n",
        judge: true),
    ])
    #expect(topology.services.map(\.judge) == [false, true])
    #expect(topology.secrets.map(\.judge) == [false, true])
  }

  @Test(arguments: [
    (
      "services:\n  a: {command: x}\n",
      "judge.yaml:2:3: services.a: a service of this name stands at compose.yaml:2:3 already"
    ),
    (
      "services:\n  j: {command: x}\nvolumes: {data: }\n",
      "judge.yaml:3:11: volumes.data: a volume of this name stands at compose.yaml:7:11 already"
    ),
    (
      "services:\n  j: {command: x}\nsecrets: {one: {file: ./o}}\n",
      "judge.yaml:3:11: secrets.one: a secret of this name stands at compose.yaml:8:11 already"
    ),
    (
      "services:\n  j: {command: x, volumes: [\"data:/d\"]}\n",
      "judge.yaml:2:29: services.j.volumes: the volume `data` belongs to the other file (compose.yaml:7:11)"
    ),
  ]) func refusesToMix(judge: String, message: String) {
    #expect(problems(Self.lab, judge: judge) == [message])
  }

  @Test func theLabCannotHaveTheJudgesSecrets() {
    let lab = "services:\n  a: {command: x, secrets: [token]}\n"
    let judge = "services:\n  j: {command: x, secrets: [token]}\nsecrets: {token: {file: ./t}}\n"
    #expect(
      problems(lab, judge: judge) == [
        "compose.yaml:2:29: services.a.secrets: the secret `token` is the judge's (judge.yaml:3:11)"
      ])
  }

  @Test func knowsTheFilesOfAService() throws {
    let a = try #require(try parse(Self.lab).service("a"))
    #expect(a.labPaths == ["rules", "sql", "x.conf"])
    #expect(a.uses(labFile: "rules/shop.yml") && a.uses(labFile: "x.conf"))
    #expect(!a.uses(labFile: "rules2/shop.yml") && !a.uses(labFile: ".env"))
    let other = try #require(
      try parse("services:\n  a: {command: cat /srv/lab/no /lab/../etc /lab/ /lab/yes/, volumes: [\"./:/lab\"]}\n")
        .service("a"))
    #expect(other.labPaths == ["yes"])
    let judge = Topology.Source(
      name: "judge.yaml", text: "services:\n  j: {command: x /judge/a.yml /lab/b, volumes: [\"./c:/c\"]}\n", judge: true
    )
    let j = try #require(try Topology.parse([judge]).service("j"))
    #expect(j.labPaths == ["b"] && j.ownPaths == ["a.yml", "c"])
  }

  @Test func hashesWhatANodeRuns() throws {
    func hash(_ lines: String) throws -> String { try service(lines).definitionHash }
    #expect(try hash("user: x") == hash("# moved\n\nuser: x"))
    #expect(try hash("user: x") != hash("user: y"))
    #expect(try hash("scale: 2") == hash("scale: 9"))
    #expect(try hash("environment: {A: 1, B: 2}") == hash("environment: [B=2, A=1]"))
    let folder = try Scratch("rules")
    func write(_ text: String) throws {
      try Data(text.utf8).write(to: URL(filePath: "\(folder.path)/rules/a.yml"))
    }
    let a = try #require(try parse(Self.lab).service("a"))
    let absent = a.contentHash(lab: folder.path)
    try write("1")
    let first = a.contentHash(lab: folder.path)
    #expect(first != absent && first == a.contentHash(lab: folder.path))
    try write("2")
    #expect(a.contentHash(lab: folder.path) != first)
    // A single file that is named counts as a folder's content does.
    let before = a.contentHash(lab: folder.path)
    try Data("1".utf8).write(to: URL(filePath: "\(folder.path)/x.conf"))
    let with = a.contentHash(lab: folder.path)
    try Data("2".utf8).write(to: URL(filePath: "\(folder.path)/x.conf"))
    #expect(before != with && with != a.contentHash(lab: folder.path))
    try Data(Self.lab.utf8).write(to: URL(filePath: "\(folder.path)/compose.yaml"))
    #expect(try Topology.load(lab: folder.path).nodes == ["a"])
    try Data([0xff, 0xfe]).write(to: URL(filePath: "\(folder.path)/.env"))
    #expect(throws: ProblemsError.self) { try Topology.load(lab: folder.path) }
    #expect(throws: ProblemsError.self) { try Topology.load(lab: "\(folder.path)/none") }
  }

  @Test func jsonIsStable() throws {
    #expect(try parse(Self.lab).json() == parse(Self.lab).json())
  }
}

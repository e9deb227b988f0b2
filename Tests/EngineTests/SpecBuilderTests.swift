import Foundation
import TestFiles
import Testing
import Topology

@testable import Engine

/// What a lab may ask for of its nodes.
@Suite struct SpecBuilderTests {
  private let lab: LabFolder
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch("lab/sub", "lab/secrets", "share/compose/judge")
    lab = LabFolder(path: scratch.path + "/lab")
    try "word\n".write(toFile: lab.secrets + "/door", atomically: true, encoding: .utf8)
  }

  /// The spec of a service `a` with these lines, beside the rest of its file.
  private func spec(_ lines: String, _ rest: String = "", judge: Bool = false) throws -> SpawnSpec {
    let text = "services:\n  a: {command: [x], \(lines)}\n\(rest)\n"
    let topology = try Topology.parse([Topology.Source(name: "compose.yaml", text: text, judge: judge)])
    let builder = try builder(of: topology, lab: lab, share: scratch.path + "/share")
    return try builder.spec(for: try #require(topology.service("a")), instance: 1)
  }

  /// For an installation whose programs are in the scratch folder.
  private func builder(of topology: Topology, lab: LabFolder, share: String) throws -> SpecBuilder {
    var plan = AddressPlan(block: 70)
    plan.include(topology)
    let run = RunDirectory(path: scratch.path + "/run")
    for folder in [run.volumes, run.judgeVolumes, run.judgeRun, run.secrets, run.judgeSecrets] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    for secret in topology.secrets where secret.judge {
      try "word\n".write(toFile: "\(run.judgeSecrets)/\(secret.name)", atomically: true, encoding: .utf8)
    }
    let installation = Installation(share: share, programs: scratch.path)
    return SpecBuilder(lab: lab, run: run, installation: installation, plan: plan, topology: topology)
  }

  /// What is said against it.
  private func refusal(_ lines: String, _ rest: String = "") -> String {
    do {
      _ = try spec(lines, rest)
      return "nothing"
    } catch let error as EngineError where error.code == .usage {
      return error.description
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["42", "0:0", "root", "postgres:shadow", "daemon", "65534"])
  func onlyUsersThatThePartsBringAreTaken(_ user: String) {
    #expect(
      refusal("user: \"\(user)\"")
        == "compose.yaml:2:3: services.a.user: must be one of nobody, postgres, prometheus, redis, not \(user); "
        + "numbers and groups are not taken")
    #expect(refusal("user: nobody") == "nothing")
  }

  @Test(arguments: [
    "/dev/shm", "/sys/fs", "/proc", "/etc/hosts", "/usr/lib", "//usr/lib", "/./etc", "/lib64", "/run/secrets",
    "/app/bin", "/judge", "/lab/sub", "/opt",
  ])
  func nothingIsMountedOverWhatMakesANode(_ target: String) {
    for line in ["volumes: [\"./sub:\(target)\"]", "volumes: [\"v:\(target)\"]", "tmpfs: [\"\(target)\"]"] {
      #expect(refusal(line, "volumes: {v: {}}").contains("nothing can be mounted at \(target)"), "\(line)")
    }
    #expect(refusal("volumes: [\"v:/data\", \"./sub:/var/lib/x\"], tmpfs: [/tmp]", "volumes: {v: {}}") == "nothing")
  }

  @Test func whatWasHandedInIsNeverWrittenTo() throws {
    let mounts = try spec("volumes: [\"./sub:/data:rw\", \"v:/v\"]", "volumes: {v: {}}").mounts
    #expect(mounts.first { $0.target == "/data" }?.readOnly == true)
    #expect(mounts.first { $0.target == "/v" }?.readOnly == false)
  }

  @Test func memoryAndFilesHaveBounds() throws {
    let free = try spec("tmpfs: [\"/a\", \"/b:size=1m,mode=700\"], ulimits: {nproc: -1, fsize: -1, nofile: 9}")
    #expect(free.mounts.first { $0.target == "/a" }?.options == "mode=1777,size=67108864")
    #expect(free.mounts.first { $0.target == "/b" }?.options == "mode=700,size=1048576")
    let bounds: [SpawnSpec.Limit] = [.processes(SpecBuilder.mostProcesses), .fileSize(SpecBuilder.mostFileBytes)]
    for limit in bounds {
      #expect(free.limits.contains(limit))
      #expect(try spec("ulimits: {nofile: 9}").limits.contains(limit))
    }
    #expect(free.limits.contains(SpawnSpec.Limit(resource: 7, soft: 9)))
    #expect(try spec("ulimits: {nproc: 12}").limits.contains { $0.resource == 6 && $0.soft == 12 })
    #expect(try !spec("ulimits: {nofile: 9}", judge: true).limits.contains { $0.resource == 1 })
  }

  @Test func theJudgesVolumesAreApart() throws {
    let theirs = try spec("volumes: [\"judge-x:/data\"]", "volumes: {judge-x: {}}").mounts
    let judges = try spec("volumes: [\"x:/data\"]", "volumes: {x: {}}", judge: true).mounts
    let paths = [theirs, judges].map { $0.first { $0.target == "/data" }?.source }
    #expect(paths[0] != paths[1] && !paths.contains(nil))
  }

  /// Of the shop and its judge as they are given out: a build of the trainee's own is what the shop runs, and nothing
  /// that judges is any other for it.
  @Test func whatJudgesIsNeverTheTraineesBuild() throws {
    let installation = Installation(share: Repository.root, programs: scratch.path)
    let lab = LabFolder(path: scratch.path + "/whole")
    try lab.make(scenario: "stale-reads", installation: installation, project: "firedrill-1", force: false)
    let topology = try Topology.load(lab: lab.path, judgeFile: installation.judgeTopology)
    let builder = try builder(of: topology, lab: lab, share: Repository.root)
    func specs() throws -> [SpawnSpec] { try topology.services.map { try builder.spec(for: $0, instance: 1) } }
    func runs(_ spec: SpawnSpec, _ program: String) -> Bool {
      spec.mounts.filter { $0.target == "/app/bin/fleet" } == [.bind(program, at: "/app/bin/fleet", readOnly: true)]
    }
    let (ours, theirs) = (installation.fleet, lab.stateFolder + "/bin/fleet")
    try program(ours)
    let before = try specs()
    #expect(before.allSatisfy { runs($0, ours) })
    try program(theirs)
    let after = try specs()
    let judges = after.filter(\.judge)
    #expect(Set(judges.map(\.service)).isSuperset(of: ["provider", "proxy", "prometheus"]))
    #expect(judges == before.filter(\.judge) && judges.allSatisfy { runs($0, ours) })
    let shop = zip(before, after).filter { !$1.judge }
    #expect(shop.allSatisfy { runs($1, theirs) })
    // Only who runs it has to be deployed anew.
    let services = shop.filter { $0.fingerprint != $1.fingerprint }.map { $1.service }
    #expect(services == ["gateway", "inventory", "order", "payment"])
  }

  private func program(_ path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "#!/bin/sh\n# \(path)\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(chmod(path, 0o755) == 0)
  }

  @Test func aSecretIsAPlainFileOfTheLab() throws {
    func secrets(_ file: String) -> String { "secrets: {door: {file: ./\(file)}}" }
    #expect(refusal("secrets: [door]", secrets("secrets/door")) == "nothing")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: lab.path + "/passwd", withDestinationPath: "/etc/passwd")
    try files.createSymbolicLink(atPath: lab.path + "/etc", withDestinationPath: "/etc")
    #expect(mkfifo(lab.path + "/pipe", 0o600) == 0)
    for file in ["passwd", "etc/passwd", "pipe", "sub", "nothing"] {
      #expect(refusal("secrets: [door]", secrets(file)).contains("door has no plain file \(file)"), "\(file)")
    }
  }
}

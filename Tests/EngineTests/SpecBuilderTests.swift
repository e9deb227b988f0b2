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
    var plan = AddressPlan(block: 70)
    plan.include(topology)
    let run = RunDirectory(path: scratch.path + "/run")
    for folder in [run.volumes, run.judgeVolumes, run.judgeRun, run.secrets] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    let installation = Installation(share: scratch.path + "/share", programs: scratch.path)
    let builder = SpecBuilder(lab: lab, run: run, installation: installation, plan: plan, topology: topology)
    return try builder.spec(for: try #require(topology.service("a")), instance: 1)
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

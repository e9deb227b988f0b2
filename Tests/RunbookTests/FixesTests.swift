import Foundation
import Runbook
import TestFiles
import Testing

/// What the commands of the runbook do to the files of a lab, with a `firedrill` in place that does nothing.
/// That they cure a running fleet is shown elsewhere.
@Suite struct FixesTests {
  /// A lab folder as `start` makes it, without secrets.
  struct Lab {
    let runbook: Runbook
    private let scratch: Scratch
    var path: String { scratch.path }

    init(_ scenario: String) throws {
      scratch = try Scratch("stub")
      let file = "\(Repository.root)/Runbooks/\(scenario).md"
      runbook = try Runbook(parsing: String(contentsOfFile: file, encoding: .utf8), file: file)
      let stub = Data("#!/bin/sh\nexit 0\n".utf8)
      let program = "\(path)/stub/firedrill"
      #expect(
        FileManager.default.createFile(atPath: program, contents: stub, attributes: [.posixPermissions: 0o755]))
      for source in ["compose/lab", "Chaos/\(scenario)/lab"] {
        #expect(try run("cp -a \(Repository.root)/\(source)/. .") == 0)
      }
    }

    /// Runs a script as a runbook's commands are run; returns its exit status.
    func run(_ script: String, _ environment: [String: String] = [:]) throws -> Int32 {
      let bash = Process()
      bash.executableURL = URL(filePath: "/bin/bash")
      bash.arguments = ["-euo", "pipefail", "-c", script]
      bash.currentDirectoryURL = URL(filePath: path)
      let own = ["PATH": "\(path)/stub:/usr/local/bin:/usr/bin:/bin"]
      bash.environment = own.merging(environment) { _, new in new }
      bash.standardOutput = FileHandle.nullDevice
      bash.standardError = FileHandle.nullDevice
      try bash.run()
      bash.waitUntilExit()
      return bash.terminationStatus
    }

    /// The variables of `.env`.
    func variables() throws -> [String: String] {
      try String(contentsOfFile: "\(path)/.env", encoding: .utf8).split(separator: "\n").reduce(into: [:]) {
        let parts = $1.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, !parts[0].hasPrefix("#") { $0[parts[0]] = parts[1] }
      }
    }

    /// Whether the lab's preflight lets so many instances of inventory through. Of the plan it sees the variables,
    /// which `compose.yaml` hands on under the same names.
    func lets(_ replicas: Int) throws -> Bool {
      let plan = try variables().map { "  \"\($0.key)\" : \"\($0.value)\"" }.sorted().joined(separator: ",\n")
      try Data("{\n\(plan)\n}\n".utf8).write(to: URL(filePath: "\(path)/stub/plan.json"))
      return try run("./preflight", ["REPLICAS_INVENTORY": "\(replicas)", "PLAN": "\(path)/stub/plan.json"]) == 0
    }

    func files() throws -> [String: Data] {
      var found: [String: Data] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
        if let data = FileManager.default.contents(atPath: "\(path)/\(name)") { found[name] = data }
      }
      return found
    }
  }

  @Test func theFirstPreflightHasNothingAgainstAnything() throws {
    let lab = try Lab("one-bad-instance")
    #expect(try lab.lets(250))
  }

  /// A fix (none: the lab as it began), and the most instances that the gate lets through after it.
  @Test(arguments: [("", 97), ("raise-the-cap", 117), ("cap-300", 297), ("pgbouncer", 997), ("release-idle", 200)])
  func theGateKnowsTheRoom(fix: String, most: Int) throws {
    let lab = try Lab("one-bad-instance")
    if !fix.isEmpty { #expect(try lab.run(#require(lab.runbook.fix(fix)).text) == 0) }
    for prevention in lab.runbook.preventions { #expect(try lab.run(prevention.text) == 0, "\(prevention.name)") }
    #expect(try lab.lets(most))
    #expect(try !lab.lets(most + 1))
  }

  @Test(arguments: ["raise-the-cap", "cap-300", "pgbouncer", "release-idle"]) func fixesMayBeRunTwice(fix: String)
    throws
  {
    let lab = try Lab("one-bad-instance")
    let script = try #require(lab.runbook.fix(fix)).text
    let before = try lab.files()
    #expect(try lab.run(script) == 0)
    let once = try lab.files()
    #expect(once != before)
    #expect(try lab.run(script) == 0)
    #expect(try lab.files() == once)
  }

  @Test func theBandAidThenTheCure() throws {
    let lab = try Lab("one-bad-instance")
    for fix in ["raise-the-cap", "pgbouncer"] { #expect(try lab.run(#require(lab.runbook.fix(fix)).text) == 0) }
    let variables = try lab.variables()
    #expect(variables["COMPOSE_PROFILES"] == "pooler" && variables["INVENTORY_DATABASE_PORT"] == "6432")
  }

  /// Which servers follow, and what the list of servers is afterwards; nil: nothing is changed.
  @Test(arguments: [("a", "postgres-replica-a:5432"), ("b", "postgres-replica-b:5432"), ("ab", nil), ("", nil)])
  func theSpareTakesThePlaceOfExactlyOne(following: String, kept: String?) throws {
    let lab = try Lab("silent-replica")
    let answers = ["a", "b"].map {
      "*postgres-replica-\($0)*last_wal_replay_lsn*) echo \(following.contains($0) ? "t" : "f") ;;"
    }
    let stub = "#!/bin/sh\ncase \"$*\" in \(answers.joined(separator: " ")) esac\n"
    try Data(stub.utf8).write(to: URL(filePath: "\(lab.path)/stub/firedrill"))
    let before = try lab.files()
    let status = try lab.run(#require(lab.runbook.fix("put-in-the-spare")).text)
    if let kept {
      #expect(status == 0)
      #expect(try lab.variables()["INVENTORY_REPLICA_INSTANCES"] == "\(kept),postgres-replica-c:5432")
    } else {
      #expect(status == 1)
      #expect(try lab.files() == before)
    }
  }

  static let decoys = ((try? FileManager.default.subpathsOfDirectory(atPath: chaos)) ?? [])
    .filter { ($0.contains("/decoys/") || $0.contains("/repairs/")) && $0.hasSuffix(".sh") }.sorted()
  static let chaos = URL(filePath: "\(Repository.root)/Chaos").resolvingSymlinksInPath().path

  @Test(arguments: decoys) func aDecoyRunsInALab(file: String) throws {
    let lab = try Lab(String(file.prefix { $0 != "/" }))
    #expect(try lab.run("\(Self.chaos)/\(file)") == 0)
  }
}

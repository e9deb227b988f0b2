import Foundation
import Testing

/// `firedrill verify`: what a CI pipeline calls with the files of somebody whom nobody has met.
extension ScenarioTests {
  @Suite(.serialized) struct VerifyTests {
    private static let scenario = "one-bad-instance"

    @Test func aGoodLabPassesInAPipeline() throws {
      try Submission.with { lab in
        try lab.repair()
        let result = try lab.run(Pipeline.github(share: lab.cli.share))
        #expect(result.status == 0, "\(result.out)\n\(result.errors)")
        #expect(try lab.verdict()["verdict"] as? String == "passed")
        #expect(try lab.report("junit.xml").contains("failures=\"0\" errors=\"0\""))
        #expect(try lab.report("summary.md").contains("✅ passed"))
        let evidence = lab.path("firedrill-reports/evidence/\(Self.scenario)")
        #expect(try lab.cli.run("regrade", evidence).status == 0)
        for picture in ["latency.svg", "errors.svg"] {
          #expect(FileManager.default.fileExists(atPath: "\(evidence)/\(picture)"))
        }
        // The same folder again would hold another verdict's evidence.
        let again = try lab.cli.run(
          "verify", Self.scenario, "--lab", lab.folder, "--evidence", lab.path("firedrill-reports/evidence"))
        #expect(again.status == 64 && again.errors.contains("already holds evidence"), "\(again.errors)")
      }
    }

    @Test func aBadLabFailsInEveryReport() throws {
      try Submission.with { lab in
        try "before\n".write(toFile: lab.path("page.md"), atomically: true, encoding: .utf8)
        let result = try lab.run(Pipeline.github(share: lab.cli.share))
        #expect(result.status == 1, "\(result.out)\n\(result.errors)")
        let verdict = try lab.verdict()
        #expect(verdict["verdict"] as? String == "failed")
        #expect(lab.reasons(verdict).contains("instance_refuses"))
        #expect(try lab.report("junit.xml").contains("<failure type=\"instance_refuses\""))
        #expect(try lab.text("page.md").hasPrefix("before\n### Firedrill"))
        // Between these two lines nothing is an order.
        let stop = try #require(result.out.firstMatch(of: /^::stop-commands::(firedrill-[0-9]+)\n/))
        let go = try #require(result.out.firstRange(of: "\n::\(stop.1)::\n"))
        let order = "\n::error file=lab/compose.yaml,title=one-bad-instance%3A "
        #expect(try #require(result.out.firstRange(of: order)).lowerBound >= result.out.index(before: go.upperBound))
      }
    }

    /// The other pipelines call the same script; files that are refused at once show that they do.
    @Test(arguments: ["gitlab", "jenkins"]) func everyPipelineReportsABadLab(_ system: String) throws {
      try Submission.with { lab in
        try lab.write("judge.yaml", "services: {}\n")
        let share = lab.cli.share
        let result = try lab.run(system == "gitlab" ? Pipeline.gitlab(share: share) : Pipeline.jenkins(share: share))
        #expect(result.status == 1, "\(result.out)\n\(result.errors)")
        #expect(lab.reasons(try lab.verdict()) == ["files_refused"])
        #expect(try lab.report("junit.xml").contains("<failure type=\"files_refused\""))
      }
    }

    /// What the repository itself has put where the reports go is not taken for ours.
    @Test func plantedReportsAreGone() throws {
      try Submission.with { lab in
        try lab.write("judge.yaml", "services: {}\n")
        let evidence = lab.path("firedrill-reports/evidence/\(Self.scenario)")
        try FileManager.default.createDirectory(atPath: evidence, withIntermediateDirectories: true)
        for name in ["verdicts.json", "junit.xml", "summary.md", "evidence/\(Self.scenario)/history.jsonl"] {
          try "passed".write(toFile: lab.path("firedrill-reports/" + name), atomically: true, encoding: .utf8)
        }
        let pipeline = try Pipeline.gitlab(share: lab.cli.share)
        #expect(try lab.run(pipeline).status == 1)
        #expect(lab.reasons(try lab.verdict()) == ["files_refused"])
        // Nor is a setting that is missing a reason to pass.
        let unnamed = try lab.run(pipeline, scenarios: "")
        #expect(unnamed.status == 64 && unnamed.errors.contains("FIREDRILL_SCENARIOS is not set"), "\(unnamed.errors)")
        try FileManager.default.removeItem(atPath: lab.path("firedrill-reports"))
        let elsewhere = lab.path("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        symlink(elsewhere, lab.path("firedrill-reports"))
        let linked = try lab.run(pipeline)
        #expect(linked.status == 64 && linked.errors.contains("is a link"), "\(linked.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
      }
    }

    /// A runner that is cancelled sends one signal, and looks for nothing that is left.
    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalInTheGradeLeavesNothing(_ number: Int32) throws {
      try Submission.with("stale-reads") { lab in
        let verifying = try lab.cli.launch(["verify", "stale-reads", "--plain", "--lab", lab.folder])
        try eventually(within: 60, "the grade is under way") { verifying.errors.contains("trial ") }
        kill(verifying.process.processIdentifier, number)
        let result = try verifying.wait(30)
        #expect(result.status == 130, "\(result.errors)")
      }
    }

    /// Files that try to get a verdict which they don't deserve, or to do harm: what each is refused for. All of them
    /// but the first never come to a grade, and each ends within its bound.
    @Test(arguments: Hostile.all) func hostileFilesGetNoVerdictAndDoNoHarm(_ hostile: Hostile) throws {
      try hostile.getsNoVerdict(engine: "process", reasons: hostile.reasons)
    }

    @Test func wrongWordsAreUsageErrors() throws {
      try Submission.with { lab in
        #expect(try lab.cli.run("verify", "--lab", lab.folder).status == 64)
        #expect(try lab.cli.run("verify", Self.scenario, "--all", "--lab", lab.folder).status == 64)
        #expect(try lab.cli.run("verify", "one-bad-instnace", "--lab", lab.folder).errors.contains("did you mean"))
        #expect(try lab.cli.run("verify", Self.scenario, "--lab", lab.path("nowhere")).status == 64)
        #expect(try lab.cli.run("verify", Self.scenario, "--lab", lab.folder, "--fleet", "/etc/passwd").status == 64)
        try FileManager.default.removeItem(atPath: lab.folder + "/compose.yaml")
        let result = try lab.cli.run("verify", Self.scenario, "--lab", lab.folder)
        #expect(result.status == 64 && result.errors.contains("no compose.yaml"), "\(result.errors)")
      }
    }
  }
}

/// What somebody hands in: the scenario's lab as it is given out, in a folder of its own.
struct Submission {
  let cli: CLI
  let scenario: String
  let folder: String

  static func with(
    _ scenario: String = "one-bad-instance", engine: String = "process", _ body: (Submission) throws -> Void
  ) throws {
    let submission = Submission(
      cli: try CLI(engine: engine), scenario: scenario,
      folder: NSTemporaryDirectory() + "firedrill-submission-\(UUID().uuidString.prefix(8))/lab")
    let files = FileManager.default
    try files.createDirectory(atPath: submission.folder, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: submission.path("")) }
    for source in ["compose/lab", "Chaos/\(scenario)/lab"] {
      let copy = Process()
      copy.executableURL = URL(fileURLWithPath: "/bin/cp")
      copy.arguments = ["-a", "\(submission.cli.share)/\(source)/.", submission.folder]
      try copy.run()
      copy.waitUntilExit()
      try #require(copy.terminationStatus == 0)
    }
    let before = Leftovers()
    try body(submission)
    #expect(Leftovers().since(before) == [])
  }

  /// A path beside the folder.
  func path(_ name: String) -> String { (folder as NSString).deletingLastPathComponent + "/" + name }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func edit(_ name: String, _ change: (String) -> String) throws {
    let path = "\(folder)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = change(text)
    try #require(changed != text, "\(name) has nothing to change")
    try changed.write(toFile: path, atomically: false, encoding: .utf8)
  }

  func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    #expect(chmod("\(folder)/\(name)", mode) == 0)
  }

  /// The runbook's cap-300.
  func repair() throws {
    try edit("inventory-db/postgresql.conf") {
      $0.replacing(/(?m)^max_connections = [0-9]*/, with: "max_connections = 300")
    }
  }

  func verify(timeout: TimeInterval = 120) throws -> CLI.Result {
    try cli.launch(["verify", scenario, "--engine", cli.engine, "--json", "--lab", folder]).wait(timeout)
  }

  /// Runs the commands of a pipeline as its runner would, in the folder that holds the lab.
  func run(_ pipeline: Pipeline, scenarios: String? = nil, timeout: TimeInterval = 120) throws -> CLI.Result {
    var environment = pipeline.environment
    environment["FIREDRILL_SCENARIOS"] = scenarios ?? scenario
    environment["GITHUB_STEP_SUMMARY"] = path("page.md")
    let words = ["-C", path("")] + environment.map { "\($0.key)=\($0.value)" }
    return try cli.launch(words + ["bash", "-e", "-c", pipeline.script], program: "/usr/bin/env").wait(timeout)
  }

  /// The first verdict of a file or text that `verify` wrote.
  func verdict(of text: String? = nil) throws -> [String: Any] {
    let text = try text ?? report("verdicts.json")
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require((json?["verdicts"] as? [[String: Any]])?.first, "\(text)")
  }

  func reasons(_ verdict: [String: Any]) -> [String] {
    ((verdict["checks"] as? [[String: Any]]) ?? []).compactMap { $0["reason"] as? String }
  }

  /// A file that a pipeline leaves.
  func report(_ name: String) throws -> String { try text("firedrill-reports/" + name) }
}

/// What labs leave on this machine: processes of ours, run folders, temporary folders.
struct Leftovers {
  private let names: Set<String>

  init() {
    let files = FileManager.default
    let runs = (try? files.contentsOfDirectory(atPath: "/var/tmp/firedrill-\(getuid())")) ?? []
    let temporary = ((try? files.contentsOfDirectory(atPath: NSTemporaryDirectory())) ?? [])
      .filter { $0.hasPrefix("firedrill-verify-") }
    let processes = ["guardian", Hostile.survivor].flatMap { word in
      Processes.withWords(word).map { "\(word) \($0)" }
    }
    names = Set(runs + temporary + processes)
  }

  func since(_ before: Leftovers) -> [String] { names.subtracting(before.names).sorted() }
}

/// One way to cheat, or to do harm.
struct Hostile: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// One of these must be among the reasons.
  let reasons: Set<String>
  /// The lab that it is done with; this one starts quickly.
  var scenario = "stale-reads"
  var seconds: TimeInterval = 60
  var status: Int32 = 1
  /// No file's path begins so afterwards.
  var untouched: [String] = []
  /// Whether it meets other walls where nodes are containers.
  var meetsContainers = false
  let prepare: @Sendable (Submission) throws -> Void

  /// A word of the command line of what would rather not end.
  static let survivor = "firedrill-survivor"

  /// Hands it in, and requires that it is refused for one of the reasons, has changed nothing and has left nothing.
  func getsNoVerdict(engine: String, reasons expected: Set<String>) throws {
    try Submission.with(scenario, engine: engine) { lab in
      try prepare(lab)
      let result = try lab.verify(timeout: seconds)
      #expect(result.status == status, "\(result.out)\n\(result.errors)")
      let reasons = lab.reasons(try lab.verdict(of: result.out))
      #expect(reasons.contains { expected.contains($0) }, "\(reasons) \(result.out)\n\(result.errors)")
      for path in untouched {
        let folder = (path as NSString).deletingLastPathComponent
        let made = try FileManager.default.contentsOfDirectory(atPath: folder)
          .filter { "\(folder)/\($0)".hasPrefix(path) }
        #expect(made.isEmpty)
      }
      // What a lab prints never begins a line: a CI system would take it for an order.
      for line in result.errors.split(separator: "\n") { #expect(!line.hasPrefix("::"), "\(line)") }
    }
  }

  private static let notDeployed: Set<String> = ["not_deployed"]
  private static let refused: Set<String> = ["files_refused"]

  static let all = [
    Hostile(
      testDescription: "prints a passing verdict", reasons: ["stale_read"], seconds: 120,
      prepare: { lab in
        try lab.write(
          "preflight",
          """
          #!/bin/sh
          echo '{"schema":1,"verdict":"passed","verdicts":[]}'
          echo '::set-output name=verdict::passed'
          echo '::error::passed' >&2
          exit 0
          """, mode: 0o755)
      }),
    Hostile(
      testDescription: "replaces programs", reasons: notDeployed, untouched: ["/usr/local/bin/firedrill-was-here"],
      meetsContainers: true,
      prepare: { lab in
        try lab.write(
          "preflight",
          """
          #!/bin/sh
          echo x >/usr/local/bin/firedrill-was-here
          mv /usr/bin/psql /usr/bin/psql.old && exit 0
          cp /bin/true /app/bin/fleet && exit 0
          echo x >/lab/compose.yaml && exit 0
          exit 1
          """, mode: 0o755)
      }),
    Hostile(
      testDescription: "ends every process", reasons: notDeployed, meetsContainers: true,
      prepare: { lab in
        try lab.write("preflight", "#!/bin/bash\nkill -9 -1\nkill -9 1 $PPID\nexit 1\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "sleeps for ever", reasons: notDeployed,
      prepare: { lab in
        try lab.write("preflight", "#!/bin/sh\nsleep 100000 &\ntrap '' TERM INT HUP\nsleep 100000\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "links out of its folder", reasons: refused,
      prepare: { lab in
        try FileManager.default.createSymbolicLink(
          atPath: lab.folder + "/prometheus/rules/shadow.yml", withDestinationPath: "/etc/shadow")
      }),
    Hostile(
      testDescription: "brings a judge of its own", reasons: refused,
      prepare: { lab in
        try lab.write("judge.yaml", "services: {}\n")
        try lab.write("scenario.yaml", "checks: []\n")
      }),
    Hostile(
      testDescription: "mounts this machine", reasons: notDeployed, meetsContainers: true,
      prepare: { lab in
        try lab.edit("compose.yaml") { $0.replacing("\"redis:/data\"]", with: "\"./../..:/data\"]") }
      }),
    Hostile(
      testDescription: "runs as root", reasons: notDeployed, meetsContainers: true,
      prepare: { lab in try lab.edit("compose.yaml") { $0.replacing("user: redis", with: "user: \"0:0\"") } }),
    Hostile(
      testDescription: "runs with the rights of a group", reasons: notDeployed, meetsContainers: true,
      prepare: { lab in try lab.edit("compose.yaml") { $0.replacing("user: redis", with: "user: \"42\"") } }),
    Hostile(
      testDescription: "mounts over this machine's devices", reasons: notDeployed, meetsContainers: true,
      prepare: { lab in
        try lab.edit("compose.yaml") { $0.replacing("\"redis:/data\"]", with: "\"redis:/dev/shm/x\"]") }
      }),
    Hostile(
      testDescription: "fills the disk", reasons: ["too_much_disk"], meetsContainers: true,
      prepare: { lab in
        let loop = "for n in 1 2 3 4 5 6 7 8; do head -c 1G /dev/zero >/data/$n; done; exec sleep 100000"
        try lab.write("bin/redis", "#!/bin/sh\n\(loop)\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "fills the disk with files that have no name", reasons: ["not_tried"], status: 3,
      prepare: { lab in
        let fill = "exec {file}>/data/x; rm /data/x; head -c 1G /dev/zero >&$file"
        try lab.write(
          "bin/redis", "#!/bin/bash\nfor n in 1 2 3 4 5 6 7 8; do \(fill); done\nexec sleep 100000\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "would rather not end", reasons: ["stale_read"], seconds: 120, meetsContainers: true,
      prepare: { lab in
        try FileManager.default.moveItem(atPath: lab.folder + "/bin/redis", toPath: lab.folder + "/bin/real")
        // prctl(PR_SET_PDEATHSIG, 0): nor with its parent.
        let first = "$SIG{$_} = \"IGNORE\" for qw(TERM INT HUP); syscall(157, 1, 0, 0, 0, 0); sleep 9 while 1"
        try lab.write(
          "bin/redis", "#!/bin/sh\n/lab/bin/real &\nexec perl -e '\(first)' \(Self.survivor)\n", mode: 0o755)
        try lab.edit("compose.yaml") { $0.replacing("user: redis", with: "user: redis\n    stop_grace_period: 1h") }
      }),
    Hostile(
      testDescription: "fills the memory", reasons: ["too_much_memory"], meetsContainers: true,
      prepare: { lab in try lab.write("bin/redis", "#!/bin/sh\nexec tail /dev/zero\n", mode: 0o755) }),
    Hostile(
      testDescription: "forks without end", reasons: ["too_many_processes"], meetsContainers: true,
      prepare: { lab in
        try lab.write("bin/redis", "#!/bin/bash\nbomb() { bomb | bomb & }\nbomb\nsleep 100000\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "never gets healthy", reasons: ["not_healthy"], seconds: 120,
      prepare: { lab in try lab.write("bin/redis", "#!/bin/sh\nexec sleep 100000\n", mode: 0o755) }),
    Hostile(
      testDescription: "has its health checked by this machine's programs", reasons: ["not_healthy"], seconds: 120,
      untouched: ["/var/tmp/firedrill-was-here"], meetsContainers: true,
      prepare: { lab in
        // Any program that sees these says what it loads in a file of that name.
        let variables = ["LD_DEBUG: files", "LD_DEBUG_OUTPUT: /var/tmp/firedrill-was-here", "REDIS_CONFIG:"]
        try lab.edit("compose.yaml") {
          $0.replacing("REDIS_CONFIG:", with: variables.joined(separator: "\n      "))
            .replacing("\"fleet probe redis://$$HOSTNAME:6379\"", with: "\"exit 1\"")
        }
      }),
  ]
}

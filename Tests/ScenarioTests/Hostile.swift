import Foundation
import Testing

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
  /// Takes so much of the machine that a lab beside it could be told that it was its own doing.
  var takesMachine = false
  let prepare: @Sendable (Submission) throws -> Void

  /// Hands it in, and requires that it is refused for one of the reasons, has changed nothing and has left nothing.
  func getsNoVerdict(engine: String) throws {
    // Docker bounds each container's processes and memory below what a whole lab may have: it does not get healthy.
    let isBounded = engine == "compose" && !reasons.isDisjoint(with: ["too_many_processes", "too_much_memory"])
    let expected = isBounded ? ["not_healthy"] : reasons
    try Submission.with(scenario, engine: engine) { lab in
      try prepare(lab)
      let result = try lab.verify(timeout: isBounded ? 120 : seconds)
      #expect(result.status == status, "\(result.out)\n\(result.errors)")
      let reasons = lab.reasons(try lab.verdict(of: result.out))
      #expect(reasons.contains { expected.contains($0) }, "\(reasons) \(result.out)\n\(result.errors)")
      // Trouble that cannot be laid at the lab's door is no wrong repair.
      let xml = try lab.text("junit.xml")
      #expect(xml.contains(status == 3 ? "<error type=" : "<failure type="), "\(xml)")
      #expect(xml.contains("<failure") == (status == 1), "\(xml)")
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
      testDescription: "fills the disk", reasons: ["too_much_disk"], meetsContainers: true, takesMachine: true,
      prepare: { lab in
        let loop = "for n in 1 2 3 4 5 6 7 8; do head -c 1G /dev/zero >/data/$n; done; exec sleep 100000"
        try lab.write("bin/redis", "#!/bin/sh\n\(loop)\n", mode: 0o755)
      }),
    Hostile(
      testDescription: "fills the disk with files that have no name", reasons: ["not_tried"], status: 3,
      takesMachine: true,
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
          "bin/redis", "#!/bin/sh\n/lab/bin/real &\nexec perl -e '\(first)' \(lab.survivor)\n", mode: 0o755)
        try lab.edit("compose.yaml") { $0.replacing("user: redis", with: "user: redis\n    stop_grace_period: 1h") }
      }),
    Hostile(
      testDescription: "fills the memory", reasons: ["too_much_memory"], meetsContainers: true, takesMachine: true,
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

import Foundation
import Testing

/// What people mistype, and what others send to our socket.
extension ScenarioTests {
  @Suite(.serialized) struct BadInputTests {
    @Test func anUnknownScenarioNamesTheNearest() throws {
      let cli = try CLI()
      let result = try cli.run("start", "one-bad-instnace")
      #expect(result.status == 64)
      #expect(result.errors.contains("did you mean `one-bad-instance`?"), "\(result.errors)")
    }

    @Test(arguments: [
      ["frobnicate"], ["start"], ["scale", "inventory"], ["start", "one-bad-instance", "--seed", "x"],
    ])
    func wrongWordsAreUsageErrors(_ arguments: [String]) throws {
      let cli = try CLI()
      #expect(try cli.launch(arguments).wait(10).status == 64)
    }

    /// What is offered next can be typed as it is offered.
    @Test func whatIsOfferedIsThere() throws {
      let cli = try CLI()
      #expect(try cli.run("list").errors.contains("`firedrill start "))
      let elsewhere = try cli.launch(["PATH=/usr/bin:/bin", cli.program, "list"], program: "/usr/bin/env").wait(10)
      let offered = elsewhere.errors.split(separator: "`").first { $0.hasSuffix("cache-stampede") } ?? ""
      #expect(offered.hasSuffix("/firedrill start cache-stampede"), "\(elsewhere.errors)")
      let program = offered.split(separator: " ").first.map(String.init) ?? ""
      #expect(FileManager.default.isExecutableFile(atPath: program), "\(offered)")
    }

    @Test func withoutALabEveryCommandSaysHowToBegin() throws {
      let cli = try CLI()
      for command in ["status", "grade", "apply", "stop", "brief", "hint", "diff", "reset"] {
        let result = try cli.run(command)
        #expect(result.status == 64, "\(command): \(result.errors)")
        #expect(result.errors.contains("firedrill start"), "\(command): \(result.errors)")
      }
    }

    /// As with `2>&1 | head`: the reader is gone before anything is said.
    @Test func aReaderWhoIsGoneChangesNoStatus() throws {
      let cli = try CLI()
      let script = "exec 3> >(true); wait $!; \"$0\" status --lab /nowhere 2>&3; echo $?"
      let result = try cli.launch(["-c", script, cli.program], program: "/bin/bash").wait(20)
      #expect(result.out == "64\n", "\(result)")
    }

    @Test func aMissingServerIsNamedWithTheLineThatInstallsIt() throws {
      let cli = try CLI()
      let hide = "mount -t tmpfs none /usr/lib/postgresql && exec \"$0\" start one-bad-instance"
      // To hide Postgres takes a mount namespace; who isn't root has none without a user namespace.
      let unshare = (getuid() == 0 ? [] : ["-r"]) + ["-m", "sh", "-c", hide, cli.program]
      let result = try cli.launch(unshare, program: "/usr/bin/unshare").wait(20)
      #expect(result.status == 69, "\(result.errors)")
      #expect(result.errors.contains("postgres") && result.errors.contains("apt-get install"), "\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: cli.lab))
    }

    /// As in a container of a CI system's: of root without the right, which nobody else has, and of others where user
    /// namespaces are off.
    private static let refusals =
      (getuid() == 0 ? [["/usr/bin/setpriv", "--bounding-set=-sys_admin"]] : []) + [
        [
          "/usr/bin/unshare", "-U", "--map-user=1000", "--map-group=1000", "--keep-caps", "sh", "-c",
          "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"",
        ]
      ]

    @Test(arguments: Self.refusals) func refusedNamespacesAreNamedBeforeAnythingStarts(_ without: [String]) throws {
      let cli = try CLI()
      let remedy = without[0].hasSuffix("setpriv") ? "with CAP_SYS_ADMIN" : "run as root"
      let files = cli.share + "/Chaos/deadlock/lab"
      for command in [
        ["start", "base"], ["demo"], ["verify", "deadlock", "--lab", files], ["certify", "deadlock"], ["doctor"],
      ] {
        let arguments = without.dropFirst() + [cli.program] + command
        let result = try cli.launch(Array(arguments), program: without[0]).wait(30)
        #expect(result.status == 69, "\(command): \(result.errors)")
        let said = command == ["doctor"] ? result.out : result.errors
        #expect(said.contains(remedy) && said.contains("refused"), "\(command): \(said)")
      }
      #expect(!FileManager.default.fileExists(atPath: cli.lab))
    }

    @Test func theLabsFilesAreCheckedBeforeAnythingIsTouched() throws {
      let cli = try CLI()
      try cli.withLab {
        let refused = try cli.run("start", "one-bad-instance")
        #expect(refused.status == 64)
        let compose = cli.lab + "/compose.yaml"
        let text = try String(contentsOfFile: compose, encoding: .utf8)
        try (text + "\n  broken:\n    comand: [x]\n").write(toFile: compose, atomically: true, encoding: .utf8)
        let result = try cli.run("apply")
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.errors.contains("compose.yaml:"), "\(result.errors)")
        #expect(result.errors.contains("comand"), "\(result.errors)")
        try commandsOfARunbookThatFailAreSeenTo(cli)
        #expect(try cli.run("stop-node", "inventory-700").errors.contains("there is no node"))
        #expect(try cli.run("scale", "inventory=251").status == 64)
        #expect(try cli.run("chaos", "inject", "pause-node", "node=redis", "--lease", "0").status == 64)
        try garbageOnTheSocketsStopsNobody(cli)
      }
    }

    /// The commands end by deploying, which these files don't let them.
    private func commandsOfARunbookThatFailAreSeenTo(_ cli: CLI) throws {
      let failed = try cli.run("runbook", "--run", "cap-300")
      #expect(failed.status == 1, "\(failed.errors)")
      #expect(failed.out.contains("compose.yaml:") && failed.out.contains("comand"), "\(failed)")
      // Those before the one that failed were run.
      let settings = try String(contentsOfFile: cli.lab + "/inventory-db/postgresql.conf", encoding: .utf8)
      #expect(settings.contains("\nmax_connections = 300"))
      let shown = try cli.run("runbook", "--run", "read-the-file")
      #expect(shown.status == 0 && shown.out.contains("max_connections = 300"), "\(shown)")
      let unknown = try cli.run("runbook", "--run", "cap-30")
      #expect(unknown.status == 64 && unknown.errors.contains("did you mean"), "\(unknown.errors)")
    }

    private func garbageOnTheSocketsStopsNobody(_ cli: CLI) throws {
      for name in ["controller.sock", "guardian.sock"] {
        let python = """
          import os, socket
          s = socket.socket(socket.AF_UNIX); s.settimeout(3); s.connect('\(try cli.runFolder)/\(name)')
          try:
            s.sendall(os.urandom(200000) + b'\\n{"id":1}\\n'); s.recv(10)
          except OSError: pass
          """
        _ = try cli.launch(["-c", python], program: "/usr/bin/python3").wait(20)
        #expect(try cli.run("status").status == 0)
      }
      #expect(try cli.run("status").status == 0)
    }
  }
}

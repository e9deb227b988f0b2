import Foundation
import Testing

/// Labs of containers: what is different there, and what must not be. They need a Docker engine and our images:
/// `scripts/with-docker` has both.
extension ScenarioTests {
  @Suite(.serialized) struct ContainerTests {
    @Test func aFailureIsPractisedAndRepaired() throws {
      let cli = try CLI(engine: "compose")
      defer { try? cli.finish() }
      try cli.start("deadlock")
      let run = try cli.runFolder
      let failed = try cli.json("grade", "--json")
      #expect(failed.status == 1, "\(failed.value)")
      #expect(failed.value["engine"] as? String == "compose")
      let fixed = try cli.run("runbook", "--run", "one-order")
      #expect(fixed.status == 0, "\(fixed.errors)")
      let passed = try cli.json("grade", "--json")
      #expect(passed.status == 0, "\(passed.value)")
      #expect(try cli.run("stop").status == 0)
      try cli.requireNothing(of: run)
    }

    @Test func aNodeIsWhatItIsAsAProcess() throws {
      let cli = try CLI(engine: "compose")
      try cli.withLab("base") {
        func inside(_ node: String, _ script: String) throws -> String {
          let result = try cli.launch(["shell", node, "--", "sh", "-c", script]).wait(30)
          return (result.out + result.errors).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        #expect(try inside("inventory-2", "uname -n; id -u; pwd") == "inventory-2\n65534\n/lab")
        #expect(try inside("inventory-2", "touch /x /lab/x 2>&1 | grep -c 'Read-only'") == "2")
        #expect(try inside("inventory-2", "getent hosts inventory | wc -l") == "2")
        #expect(try inside("inventory-2", "tr '\\0' ' ' </proc/1/cmdline").hasPrefix("fleet inventory"))
        #expect(try inside("inventory-2", "grep CapEff /proc/1/status").hasSuffix("0000000000000000"))
        #expect(try inside("inventory-2", "ls /run/secrets").contains("inventory-db-password"))
        #expect(try inside("redis", "id -un") == "redis")
        #expect(try inside("postgres", "psql -h /tmp -U postgres -Atc 'SELECT 1'") == "1")
        #expect(try cli.run("logs", "postgres").out.contains("ready to accept connections"))
        // The judge's secrets are nowhere that a lab's node can look.
        #expect(try inside("order", "grep -rl . /run/firedrill /judge 2>/dev/null | wc -l") == "0")
        #expect(try cli.run("scale", "inventory=4").status == 0)
        try eventually(within: 20, "four instances are healthy") {
          let lines = try cli.run("status").out.split(separator: "\n")
          return lines.count { $0.contains("inventory-") && $0.contains(" healthy") } == 4
        }
        let project = "firedrill-" + (try cli.runFolder as NSString).lastPathComponent
        let limits = ["inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", "\(project)-gateway"]
        #expect(try cli.launch(["docker"] + limits, program: "/usr/bin/env").wait(30).out == "268435456 4096\n")
        let pid = try #require(try ProbedLab(cli).containers().first)
        #expect(Processes.isAlive(pid))
      }
    }

    /// The kernel ends it without a word; its log has none.
    @Test func whatRunsOutOfMemoryIsSaidTo() throws {
      let cli = try CLI(engine: "compose")
      try cli.withLab("base") {
        try "#!/bin/sh\nexec tail /dev/zero\n".write(
          toFile: cli.lab + "/bin/redis", atomically: false, encoding: .utf8)
        _ = try cli.run("apply")
        try eventually(within: 30, "status tells why redis ended") {
          let nodes = try cli.json("status", "--json").value["nodes"] as? [[String: Any]]
          let exit = nodes?.first { $0["name"] as? String == "redis" }?["exit"] as? String
          return exit == "signal 9, out of memory: mem_limit"
        }
      }
    }

    @Test func noContainerOutlivesItsGuardian() throws {
      let cli = try CLI(engine: "compose")
      defer { try? cli.finish() }
      try cli.start("base")
      let run = try cli.runFolder
      let pids = try ProbedLab(cli).containers()
      #expect(pids.count > 8)
      // Whoever would see to it is replaced.
      let first = try #require(Processes.withWords("keeper", cli.lab).first)
      kill(first, SIGKILL)
      try eventually(within: 5, "there is another keeper") {
        Processes.withWords("keeper", cli.lab).contains { $0 != first }
      }
      #expect(pids.allSatisfy(Processes.isAlive))
      kill(try #require(Processes.withWords("guardian", cli.lab).first), SIGKILL)
      try eventually(within: 5, "every container has ended") { !pids.contains(where: Processes.isAlive) }
      try eventually(within: 10, "the keeper has ended") { Processes.withWords("keeper", cli.lab).isEmpty }
      try cli.requireNothing(of: run)
      #expect(try cli.run("stop").status == 0)
    }

    /// Whoever kills both has killed what he could: the next command takes the rest away.
    @Test func whatAKilledKeeperLeavesIsSwept() throws {
      let cli = try CLI(engine: "compose")
      defer { try? cli.finish() }
      try cli.start("base")
      let run = try cli.runFolder
      for name in ["keeper", "guardian"] { kill(try #require(Processes.withWords(name, cli.lab).first), SIGKILL) }
      #expect(try !cli.docker("ps", "--quiet", "--filter", "label=firedrill.run=\(run)").isEmpty)
      #expect(try cli.run("stop").status == 0)
      try cli.requireNothing(of: run)
    }

    @Test func everyKindOfFaultHealsInContainers() throws {
      let home = try TestHome()
      let cli = try CLI(home: home, engine: "compose")
      try cli.withLab(TestHome.scenario) {
        let lab = try ProbedLab(cli)
        for kind in HealingTests.kinds {
          #expect(try kind.isGone(lab), "\(kind.name) is there before anybody has injected it")
          try HealingTests().heals(kind, .there, lab)
        }
      }
    }

    /// Engine, images and room are seen by who may not start a lab of containers, too.
    @Test func doctorLooksAtTheEngine() throws {
      let cli = try CLI(engine: "compose")
      let folder = try cli.docker("info", "--format", "{{.DockerRootDir}}")
      let version = try cli.docker("version", "--format", "{{.Server.Version}}")
      let root = try cli.run("doctor")
      #expect(root.out.contains("containers (--engine compose): yes, Docker engine \(version)\n"), "\(root.out)")
      #expect(root.out.contains("disk (\(folder)): "), "\(root.out)")
      let user = ["-U", "--map-user=1000", "--map-group=1000", cli.program, "doctor"]
      let other = try cli.launch(user, program: "/usr/bin/unshare").wait(30)
      #expect(other.out.contains("no: Docker engine \(version); containers are"), "\(other.out)")
      #expect(other.out.contains("run firedrill as root"), "\(other.out)")
      #expect(other.out.contains("disk (\(folder)): "), "\(other.out)")
    }

    /// Whoever has Docker and was handed a lab can have it judged.
    @Test func aLabThatWasHandedOutIsJudgedByAContainer() throws {
      let cli = try CLI(engine: "compose")
      defer { try? cli.finish() }
      let folder = (cli.lab as NSString).deletingLastPathComponent + "/handed"
      try #require(try cli.run("hand-out", "deadlock", "--to", folder).status == 0)
      let before = try cli.labsOfGraders()
      func grader(_ arguments: String) throws -> CLI.Result {
        try cli.compose(in: folder, "-f grader.yaml run --rm -T grader \(arguments)")
      }
      let failed = try grader("grade --json")
      #expect(failed.status == 1 && failed.out.contains("\"verdict\": \"failed\""), "\(failed.out)\n\(failed.errors)")
      for (file, old, new) in [
        ("reserve-lock.sql", "ORDER BY cart.line", "ORDER BY stock.sku"),
        ("sync-stock.sql", "ORDER BY sku DESC", "ORDER BY sku"),
      ] {
        let path = "\(folder)/lab/sql/inventory/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
      }
      // What is written into the folder belongs to who has it.
      let given = try cli.launch(["-R", "65534:65534", folder], program: "/bin/chown").wait(10)
      try #require(given.status == 0)
      func ownedByRoot() throws -> String {
        try cli.launch([folder + "/lab", "-user", "0"], program: "/usr/bin/find").wait(10).out
      }
      let passed = try grader("grade --junit /lab/junit.xml --evidence /lab/.evidence")
      #expect(passed.status == 0 && passed.out.contains("passed"), "\(passed.out)\n\(passed.errors)")
      for report in ["junit.xml", ".evidence/deadlock/verdict.json"] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/lab/\(report)"), "\(report)")
      }
      #expect(try ownedByRoot().isEmpty)
      // So it is with what a grade has written when it is interrupted.
      let name = "firedrill-test-\(UUID().uuidString.lowercased())"
      let run = "cd '\(folder)' && \(CLI.anyCompose) -f grader.yaml run --rm -T --name \(name) grader grade"
      let cut = try cli.launch(["-c", "\(run) --evidence /lab/.evidence/cut"], program: "/bin/sh")
      let history = folder + "/lab/.evidence/cut/deadlock/history.jsonl"
      try eventually(within: 60, "evidence is written") { FileManager.default.fileExists(atPath: history) }
      _ = try cli.docker("kill", "--signal", "TERM", name)
      #expect(try cut.wait(60).status == 130, "\(cut.errors)")
      #expect(try ownedByRoot().isEmpty)
      let hint = try grader("hint")
      #expect(hint.status == 0 && hint.out.hasPrefix("1. "), "\(hint.out)\n\(hint.errors)")
      let brief = try grader("brief")
      #expect(brief.status == 0 && brief.out.hasPrefix("# Some checkouts hang"), "\(brief.out)\n\(brief.errors)")
      #expect(brief.out.contains("\n## In this exercise\n"), "\(brief.out)")
      let runbook = try grader("runbook")
      #expect(runbook.status == 0 && runbook.out.contains("\n## Mitigation\n"), "\(runbook.out)\n\(runbook.errors)")
      let owner = try FileManager.default.attributesOfItem(atPath: folder + "/lab/.firedrill/hints")[.ownerAccountID]
      #expect((owner as? NSNumber)?.uint32Value == 65534)
      #expect(try cli.labsOfGraders().subtracting(before).isEmpty)
      let graders = "label=com.docker.compose.project.working_dir=\(folder)"
      #expect(try cli.docker("ps", "--all", "--quiet", "--filter", graders).isEmpty)
      #expect(try cli.run("hand-out", "deadlock", "--to", folder).errors.contains("is not empty"))
    }

    /// Services of somebody's own build come as an image too: here one that does nothing.
    @Test func servicesOfAnImageAreVerified() throws {
      try Submission.with("stale-reads", engine: "compose") { lab in
        let image = "firedrill-test/\(UUID().uuidString.lowercased())"
        // A file of an image is got from a container that never begins. For a lab's containers see `leftovers`.
        func created() throws -> Set<Substring> {
          let found = try lab.cli.docker(
            "ps", "--all", "--quiet", "--filter", "status=created", "--filter", "ancestor=\(image)", "--filter",
            "ancestor=firedrill/debian")
          return Set(found.split(separator: "\n"))
        }
        let before = try created()
        defer { _ = try? lab.cli.docker("rmi", image) }
        let made = try lab.cli.launch(
          [
            "-c",
            """
            mkdir -p '\(lab.path("root"))/app/bin' && install -m 700 /bin/true '\(lab.path("root"))/app/bin/fleet' &&
            tar -C '\(lab.path("root"))' -c app | docker import - \(image)
            """,
          ], program: "/bin/sh"
        ).wait(30)
        try #require(made.status == 0, "\(made.errors)")
        func verify(_ image: String, _ ids: String...) throws -> CLI.Result {
          let words = ["verify"] + ids + ["--engine", "compose", "--json", "--lab", lab.folder, "--fleet", image]
          return try lab.cli.launch(words).wait(120)
        }
        let failed = try verify(image, lab.scenario)
        #expect(failed.status == 1, "\(failed.errors)")
        #expect(lab.reasons(try lab.verdict(of: failed.out)) == ["not_healthy"])
        let none = try verify("firedrill/debian", lab.scenario)
        #expect(none.status == 64 && none.errors.contains("has no file /app/bin/fleet"), "\(none.errors)")
        // A wrong word is no verdict, however many are asked for.
        let unknown = try verify("firedrill/nobody", lab.scenario, "deadlock")
        #expect(unknown.status == 64 && unknown.errors.contains("no image firedrill/nobody"), "\(unknown.errors)")
        // What was got from an image goes with an interrupt too; that nothing is left is seen at the end.
        let version = try lab.cli.run("--version").out.trimmingCharacters(in: .whitespacesAndNewlines)
        let ours = "firedrill/fleet:\(version)"
        let words = ["verify", lab.scenario, "--engine", "compose", "--lab", lab.folder, "--fleet", ours]
        let interrupted = try lab.cli.launch(words)
        try eventually(within: 30, "the lab is laid out") {
          let folders = try FileManager.default.contentsOfDirectory(atPath: lab.path("tmp"))
          return ["fleet", "verify"].allSatisfy { name in folders.contains { $0.hasPrefix("firedrill-\(name)-") } }
        }
        kill(interrupted.process.processIdentifier, SIGTERM)
        #expect(try interrupted.wait(60).status == 130, "\(interrupted.errors)")
        #expect(try created().subtracting(before).isEmpty)
      }
    }

    /// Whoever has Docker and a lab's folder has a shop.
    @Test func composeUpInTheFolderIsAShop() throws {
      let cli = try CLI(engine: "process")
      defer { try? cli.finish() }
      try cli.start("base")
      #expect(try cli.run("stop").status == 0)
      func compose(_ arguments: String) throws -> CLI.Result { try cli.compose(in: cli.lab, arguments) }
      defer { _ = try? compose("down --volumes --timeout 3") }
      let up = try compose("up --detach")
      try #require(up.status == 0, "\(up.out)\n\(up.errors)")
      let lab = ProbedLab(cli, addresses: ["gateway": "127.0.0.1"])
      try eventually(within: 60, "an order is taken") { try lab.order().status == 201 }
      // The one that judges looks as well, at all instances.
      let query = "fleet probe http://prometheus:9090/api/v1/query?query=up"
      try eventually(within: 20, "Prometheus answers") {
        try compose("exec -T gateway \(query)").status == 0
      }
      #expect(try compose("exec -T postgres id -un").out.hasPrefix("postgres"))
      #expect(try compose("exec -T inventory sh -c 'touch /x'").status != 0)
    }

    @Test(arguments: [
      ("image: firedrill/fleet:", "image: somebody/else:", "image: must be one of firedrill/fleet:"),
      ("fleet:${FIREDRILL_VERSION}", "fleet:9", "FIREDRILL_VERSION is in .env"),
      ("[\"127.0.0.1:8080:8080\"]", "[\"8080:8080\"]", "ports: must be 127.0.0.1:PORT:PORT"),
    ]) func whatALabMayNotAskForIsNamed(_ old: String, _ new: String, _ words: String) throws {
      let cli = try CLI(engine: "compose")
      try cli.withLab("base") {
        let file = cli.lab + "/compose.yaml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try text.replacing(old, with: new, maxReplacements: 1).write(toFile: file, atomically: true, encoding: .utf8)
        let result = try cli.run("apply")
        #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
      }
    }
  }
}

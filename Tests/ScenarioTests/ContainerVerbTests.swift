import Foundation
import Testing

/// What people type at a lab, where its nodes are containers.
extension ScenarioTests {
  @Suite(.serialized) struct VerbsOfContainerTests {
    @Test func everyVerbDoesInContainersWhatItSays() throws {
      let cli = try CLI(engine: "compose")
      defer { try? cli.finish() }
      // One that has users, a symptom and a story; else it is the base lab.
      try cli.start("stale-reads")
      let run = try cli.runFolder
      try serversAreAsked(cli)
      try aNodeIsFrozenAndRestarted(cli)
      try aNodeIsStopped(cli)
      try usersComeAndTheSymptomShows(cli)
      try whatIsChangedIsTold(cli)
      try aResetTakesItBack(cli)
      #expect(try cli.run("stop").status == 0)
      try cli.requireNothing(of: run)
      try itGoesOn(cli, after: run)
    }

    private func serversAreAsked(_ cli: CLI) throws {
      let look = "SELECT current_user, pg_is_in_recovery(), count(*) > 0 FROM inventory.products"
      #expect(try cli.run("psql", "--", "-d", "inventory", "-Atc", look).out == "postgres|f|t\n")
      let replica = try cli.run("psql", "postgres-replica", "--", "-d", "inventory", "-Atc", look)
      #expect(replica.out == "postgres|t|t\n", "\(replica.errors)")
      #expect(try cli.run("redis-cli", "--", "ECHO", "here").out == "here\n")
      let top = try cli.run("top", "--json")
      let rows = try #require(try JSONSerialization.jsonObject(with: Data(top.out.utf8)) as? [[String: Any]])
      let inventory = try #require(rows.first { $0["service"] as? String == "inventory" }, "\(top.out)")
      #expect(inventory["up"] as? Int == 2 && inventory["instances"] as? Int == 2)
      // Of two running services, and not of what keeps their containers.
      let bytes = try #require(inventory["memoryBytes"] as? Int)
      #expect((4 << 20..<512 << 20).contains(bytes), "\(top.out)")
    }

    private func node(_ cli: CLI, _ name: String) throws -> (state: String, pid: Int32, address: String) {
      let nodes = try cli.json("status", "--all", "--json").value["nodes"] as? [[String: Any]]
      let node = try #require(nodes?.first { $0["name"] as? String == name })
      let state = try #require(node["state"] as? String)
      return (state, Int32(node["pid"] as? Int ?? 0), try #require(node["address"] as? String))
    }

    /// The status of what the node says of itself, or 000 where it says nothing within a second.
    private func answer(_ lab: ProbedLab, _ node: String) throws -> String {
      let url = "http://\(try lab.address(node)):8080/readyz"
      return try lab.shell("curl -s -o /dev/null -m 1 -w '%{http_code}' \(url) || true")
    }

    private func aNodeIsFrozenAndRestarted(_ cli: CLI) throws {
      let lab = try ProbedLab(cli)
      #expect(try answer(lab, "inventory-2") == "200")
      #expect(try cli.run("pause", "inventory-2").status == 0)
      #expect(try node(cli, "inventory-2").state == "paused")
      #expect(try answer(lab, "inventory-2") == "000")
      #expect(try cli.run("resume", "inventory-2").status == 0)
      try eventually(within: 10, "it answers again") { try answer(lab, "inventory-2") == "200" }
      let before = try node(cli, "inventory-1")
      #expect(try cli.run("restart", "inventory-1").status == 0)
      try eventually(within: 20, "it is another process, at the same address") {
        let now = try node(cli, "inventory-1")
        return now.state == "healthy" && now.pid != before.pid && now.address == before.address
      }
      #expect(!Processes.isAlive(before.pid))
    }

    private func aNodeIsStopped(_ cli: CLI) throws {
      let pid = try node(cli, "redis").pid
      #expect(try cli.run("stop-node", "redis").status == 0)
      try eventually(within: 5, "redis is down") { try node(cli, "redis").state == "stopped" }
      #expect(!Processes.isAlive(pid))
      let none = try cli.run("redis-cli", "--", "PING")
      #expect(none.status != 0 && !none.out.contains("PONG"), "\(none)")
      #expect(try cli.run("start-node", "redis").status == 0)
      try eventually(within: 20, "redis is back") { try node(cli, "redis").state == "healthy" }
    }

    private func usersComeAndTheSymptomShows(_ cli: CLI) throws {
      let load = try cli.json("load", "--rate", "20", "--seconds", "3", "--json")
      #expect(load.status == 0)
      let (sent, ok) = (load.value["sent"] as? Int ?? 0, load.value["ok"] as? Int ?? 0)
      #expect(sent > 30 && ok > sent / 2, "\(load.value)")
      let watch = "printf q | '\(cli.program)' watch --plain"
      let seen = try cli.launch(["-c", watch], program: "/bin/sh").wait(60)
      #expect(seen.status == 0 && seen.out.hasPrefix("the symptom shows: "), "\(seen)")
    }

    private func whatIsChangedIsTold(_ cli: CLI) throws {
      let file = cli.lab + "/redis/redis.conf"
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try (text + "# mine\n").write(toFile: file, atomically: false, encoding: .utf8)
      try "mine\n".write(toFile: cli.lab + "/notes.txt", atomically: true, encoding: .utf8)
      let diff = try cli.run("diff").out
      #expect(diff.contains("+++ ./notes.txt\t") && diff.contains("\n+# mine\n"), "\(diff)")
      #expect(try cli.run("psql", "--", "-Xqc", "ALTER SYSTEM SET work_mem = '12MB'").status == 0)
      let export = try cli.run("export")
      #expect(export.out == "postgres/postgresql.conf: work_mem (from postgres)\n", "\(export.errors)")
      let changes = try cli.run("changes").out
      let deeds = ["restart inventory-1", "pause inventory-2", "resume inventory-2", "stop redis", "start redis"]
      for deed in deeds { #expect(changes.contains("Z  \(deed)\n"), "\(changes)") }
      let begun = try cli.run("postmortem")
      #expect(begun.status == 0, "\(begun.errors)")
      let story = try String(contentsOfFile: cli.lab + "/postmortem.md", encoding: .utf8)
      for words in deeds + ["first harm to users: the symptom shows", "first look: psql", "work_mem", "\n+# mine\n"] {
        #expect(story.contains(words), "\(story)")
      }
    }

    private func aResetTakesItBack(_ cli: CLI) throws {
      let reset = try cli.run("reset")
      #expect(reset.status == 0 && reset.errors.contains("the symptom shows after"), "\(reset.errors)")
      #expect(try cli.run("diff").out == "nothing is changed\n")
      #expect(!FileManager.default.fileExists(atPath: cli.lab + "/notes.txt"))
      #expect(FileManager.default.fileExists(atPath: cli.lab + "/postmortem.md"))
      #expect(try cli.run("psql", "--", "-Atc", "SHOW work_mem").out == "4MB\n")
    }

    /// A stopped lab is taken up under another id, of containers as before.
    private func itGoesOn(_ cli: CLI, after run: String) throws {
      let again = try cli.run("start", "--continue", timeout: 60)
      #expect(again.status == 0, "\(again.errors)")
      let now = try cli.runFolder
      #expect(now != run)
      let names = try cli.docker("ps", "--filter", "label=firedrill.run=\(now)", "--format", "{{.Names}}")
      #expect(names.contains("-gateway") && names.contains("-postgres-replica"), "\(names)")
      let lab = try ProbedLab(cli)
      try eventually(within: 20, "an order is taken") { try lab.order().status == 201 }
    }
  }
}

import Foundation
import Testing

/// What happens when one of our processes is killed: designed, not hoped for.
extension ScenarioTests {
  @Suite(.serialized) struct DeathTests {
    private func guardian(of cli: CLI) throws -> Int32 {
      try #require(Processes.withWords("guardian", cli.lab).first)
    }

    private func controller(of cli: CLI) throws -> Int32 {
      try #require(Processes.withWords("controller", cli.lab).first)
    }

    private func nodePIDs(_ cli: CLI) throws -> [String: Int32] {
      let status = try cli.json("status", "--json").value
      let nodes = try #require(status["nodes"] as? [[String: Any]])
      return nodes.reduce(into: [:]) { all, node in
        if let name = node["name"] as? String, let pid = node["pid"] as? Int { all[name] = Int32(pid) }
      }
    }

    @Test func aKilledControllerHealsFaultsAndTheFleetStays() throws {
      let cli = try CLI()
      try cli.withLab {
        let before = try nodePIDs(cli)
        let guardian = try guardian(of: cli)
        let redis = try #require(before["redis"])
        #expect(try cli.run("chaos", "inject", "pause-node", "node=redis", "--lease", "1").status == 0)
        #expect(try processState(redis) == "T")
        try eventually(within: 2, "the lease ends") { try processState(redis) != "T" }
        #expect(try cli.run("chaos", "inject", "pause-node", "node=redis", "--lease", "600").status == 0)
        #expect(try cli.run("chaos", "inject", "scale", "service=inventory", "to=105", "--lease", "600").status == 0)
        #expect(try processState(redis) == "T")
        kill(try controller(of: cli), SIGKILL)
        try eventually(within: 1.5, "redis goes on") { try processState(redis) != "T" }
        try eventually(within: 5, "the surplus instances end") {
          Processes.children(of: guardian).count == before.count
        }
        // The next command starts a new controller, which finds the fleet as it was.
        let after = try nodePIDs(cli)
        #expect(after == before)
        #expect(try !cli.run("status", "--all").out.contains("inventory-102"))
        #expect(try cli.run("chaos", "list").out.isEmpty)
      }
    }

    @Test func aKilledGuardianTakesEveryNodeWithIt() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      try cli.start()
      let pids = try nodePIDs(cli)
      let ours = [try controller(of: cli)]
      let run = try cli.runFolder
      kill(try guardian(of: cli), SIGKILL)
      try eventually(within: 5, "every node has ended") { !(pids.values + ours).contains(where: Processes.isAlive) }
      // The next command finds and removes what is left.
      #expect(FileManager.default.fileExists(atPath: run))
      #expect(try cli.run("status").status == 64)
      #expect(try cli.run("stop").status == 0)
      #expect(CLI.isGone(run))
    }

    @Test func aKilledConsoleChangesNothing() throws {
      let cli = try CLI()
      try cli.withLab {
        let before = try nodePIDs(cli)
        let grading = try cli.launch(["grade"])
        try eventually(within: 10, "the grade is under way") {
          try cli.json("status", "--json").value["busy"] as? String == "grade"
        }
        kill(grading.process.processIdentifier, SIGKILL)
        try eventually(within: 60, "the grade ends by itself") {
          try cli.json("status", "--json").value["busy"] == nil
        }
        let after = try nodePIDs(cli)
        #expect(after.keys.sorted() == before.keys.sorted())
        let evidence = try FileManager.default.contentsOfDirectory(atPath: cli.lab + "/.evidence")
        #expect(evidence.count == 1)
      }
    }

    @Test(arguments: [0.2, 0.5, 0.8, 1.6, 3.0])
    func anInterruptWhileStartingStopsEverything(_ delay: Double) throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let starting = try cli.launch(["start", "one-bad-instance"])
      usleep(UInt32(delay * 1e6))
      let started = Processes.withWords("guardian", cli.lab).flatMap(Processes.children)
      kill(starting.process.processIdentifier, SIGINT)
      let result = try starting.wait(20)
      #expect(result.status == 130, "\(result.errors)")
      #expect(Processes.withWords("guardian", cli.lab).isEmpty)
      if let run = try? cli.runFolder { #expect(CLI.isGone(run)) }
      #expect(!started.contains(where: Processes.isAlive))
    }

    @Test func stopLeavesNothingBehind() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)
      try cli.start()
      let pids = try nodePIDs(cli)
      let run = try cli.runFolder
      #expect(try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) == mounts)
      #expect(try cli.run("stop").status == 0)
      #expect(!pids.values.contains(where: Processes.isAlive))
      #expect(CLI.isGone(run))
      #expect(Processes.withWords("guardian", cli.lab).isEmpty)
      #expect(Processes.withWords("controller", cli.lab).isEmpty)
    }

    private func processState(_ pid: Int32) throws -> String {
      let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      return text.split(separator: ")").last?.split(separator: " ").first.map(String.init) ?? ""
    }
  }
}

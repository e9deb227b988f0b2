import Foundation
import Testing

/// What the guardian does about a node that can't be started just now.
extension ScenarioTests {
  @Suite(.serialized) struct RespawnTests {
    private func redis(_ cli: CLI) throws -> [String: Any] {
      let nodes = try cli.json("status", "--json").value["nodes"] as? [[String: Any]]
      return try #require(nodes?.first { $0["name"] as? String == "redis" })
    }

    /// Orders to the guardian in one breath, while the node is ending: it ends only once the file `go` is in the lab.
    ///
    /// - Returns: the error of each, "" where there was none.
    private func order(_ words: [String], _ cli: CLI) throws -> [String] {
      func log() throws -> String { try String(contentsOfFile: cli.lab + "/logs/redis.log", encoding: .utf8) }
      let python = """
        import json, socket, sys
        s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect(sys.argv[1])
        orders = enumerate(sys.argv[2:], 1)
        lines = [json.dumps({"id": id, "order": {word: {"node": "redis"}}}) + "\\n" for id, word in orders]
        s.sendall("".join(lines).encode())
        answers = {}
        for line in s.makefile():
          answer = json.loads(line)
          answers[answer.get("id")] = answer.get("error") or ""
          if len(answers) == len(lines): break
        print("\\n".join(answers[id] for id in sorted(answers)))
        """
      let before = try log().count
      let socket = try cli.runFolder + "/guardian.sock"
      let ordering = try cli.launch(["-c", python, socket] + words, program: "/usr/bin/python3")
      try eventually(within: 10, "redis is told to end") { try log().dropFirst(before).contains("told to end") }
      let go = cli.lab + "/go"
      try Data().write(to: URL(fileURLWithPath: go))
      let result = try ordering.wait(30)
      try FileManager.default.removeItem(atPath: go)
      try #require(result.status == 0, "\(result.errors)")
      return result.out.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func theLastOrderToANodeThatEndsCounts() throws {
      let cli = try CLI()
      try cli.withLab("base") {
        let script = cli.lab + "/bin/redis"
        try FileManager.default.copyItem(atPath: script, toPath: script + "-server")
        try """
        #!/bin/sh
        /lab/bin/redis-server &
        trap 'echo told to end; until [ -e /lab/go ]; do sleep 0.05; done; kill -9 $!; exit 0' TERM
        wait
        """.write(toFile: script, atomically: false, encoding: .utf8)
        #expect(try cli.run("apply").status == 0)
        func isHealthy() throws -> Bool { try redis(cli)["state"] as? String == "healthy" }
        try eventually(within: 10, "redis is deployed") { try isHealthy() }
        #expect(try order(["stop", "start", "stop"], cli) == ["", "redis was stopped again", ""])
        try eventually(within: 5, "redis is down") { try redis(cli)["state"] as? String == "stopped" }
        #expect(try cli.run("start-node", "redis").status == 0)
        try eventually(within: 10, "redis is back") { try isHealthy() }
        let pid = try redis(cli)["pid"] as? Int
        #expect(try order(["stop", "start"], cli) == ["", ""])
        try eventually(within: 10, "redis has come back by the order that waited") {
          try isHealthy() && redis(cli)["pid"] as? Int != pid
        }
      }
    }

    @Test func aNodeThatCannotBeStartedIsTriedAgain() throws {
      let cli = try CLI()
      try cli.withLab("base") {
        let pid = try #require(try redis(cli)["pid"] as? Int)
        let log = cli.lab + "/logs/redis.log"
        try FileManager.default.removeItem(atPath: log)
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
        kill(Int32(pid), SIGKILL)
        try eventually(within: 5, "it is told that the start failed") {
          (try redis(cli)["exit"] as? String)?.contains("redis.log") == true
        }
        try FileManager.default.removeItem(atPath: log)
        try eventually(within: 10, "it runs again") { try redis(cli)["state"] as? String == "healthy" }
      }
    }
  }
}

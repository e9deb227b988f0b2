import Foundation
import Testing

/// What the guardian does about a node that can't be started just now.
extension ScenarioTests {
  @Suite(.serialized) struct RespawnTests {
    private func redis(_ cli: CLI) throws -> [String: Any] {
      let nodes = try cli.json("status", "--json").value["nodes"] as? [[String: Any]]
      return try #require(nodes?.first { $0["name"] as? String == "redis" })
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

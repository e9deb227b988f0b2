import Foundation
import Testing

/// A grade repairs nothing: what it finds damaged it leaves damaged, and says so again when it is asked again.
extension SideBySideTests {
  @Suite(.serialized) struct LeftAloneTests {
    @Test func aReplicaThatStandsStillIsNotSetGoingByAGrade() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      // This lab's damage: the replay of postgres-replica-b is paused.
      let started = try cli.run("start", "silent-replica", "--seed", "1", "--unseen")
      try #require(started.status == 0, "\(started.errors)")
      #expect(try isPaused(cli, "b") && !isPaused(cli, "a"))
      let decoy = cli.share + "/Chaos/silent-replica/decoys/not-asked-and-not-repaired.sh"
      #expect(try cli.run("shell", "--", decoy).status == 0)
      for _ in 0..<2 {
        let grade = try cli.json("grade", "--json")
        #expect(grade.status == 1)
        let checks = try #require(grade.value["checks"] as? [[String: Any]])
        #expect(checks.contains { $0["reason"] as? String == "replica_behind" }, "\(checks)")
        #expect(try isPaused(cli, "b") && !isPaused(cli, "a"))
      }
    }

    private func isPaused(_ cli: CLI, _ replica: String) throws -> Bool {
      let sql = "SELECT pg_is_wal_replay_paused()"
      let result = try cli.run("psql", "postgres-replica-\(replica)", "--", "-d", "postgres", "-Atc", sql)
      try #require(result.status == 0, "\(result.errors)")
      return result.out.hasPrefix("t")
    }
  }
}

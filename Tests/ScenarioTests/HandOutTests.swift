import Foundation
import Testing

/// A lab for people without Firedrill: its brief says what takes the place of the commands that they don't have.
extension SideBySideTests {
  @Suite struct HandOutTests {
    @Test(arguments: [("stale-reads", "postgres-replica"), ("one-bad-instance", "inventory-db")])
    func theBriefIsForWhoHasDockerAlone(scenario: String, other: String) throws {
      let cli = try CLI()
      let folder = (cli.lab as NSString).deletingLastPathComponent + "/handed"
      defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }
      let made = try cli.run("hand-out", scenario, "--to", folder)
      try #require(made.status == 0, "\(made.errors)")
      let brief = try String(contentsOfFile: folder + "/lab/BRIEF.md", encoding: .utf8)
      let parts = brief.components(separatedBy: "\n## In this exercise\n")
      try #require(parts.count == 2, "\(brief)")
      #expect(parts[0].contains("\n## What is required\n"))
      for command in [
        "`docker compose up --detach --force-recreate`", "`docker compose logs --follow X`",
        "`docker compose exec postgres psql -h /tmp -U postgres`", "`\(other)`",
        "`docker compose -f grader.yaml run --rm grader grade`", "users, and what breaks it",
      ] {
        #expect(parts[1].contains(command), "\(command)")
      }
      // What the brief names is there: nodes in the lab's file, the grader's file above it.
      let compose = try String(contentsOfFile: folder + "/lab/compose.yaml", encoding: .utf8)
      for node in ["postgres", other, "redis"] { #expect(compose.contains("\n  \(node):\n")) }
      #expect(FileManager.default.fileExists(atPath: folder + "/grader.yaml"))
      // Nobody has changed it, so nothing differs.
      let diff = try cli.run("diff", "--lab", folder + "/lab")
      #expect(diff.status == 0 && !diff.out.contains("BRIEF.md"), "\(diff.out)")
    }
  }
}

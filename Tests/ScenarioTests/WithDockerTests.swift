import Foundation
import TestFiles
import Testing

/// The engine that `scripts/with-docker` starts where none answers.
extension ScenarioTests {
  @Suite(.serialized) struct WithDockerContainerTests {
    /// What a bridge, published ports or forwarding would change. Counts of packets change by themselves.
    private static let network = """
      cat /proc/sys/net/ipv4/ip_forward
      ls /sys/class/net
      for tables in iptables-save ip6tables-save; do
        if command -v $tables >/dev/null; then $tables | sed -e '/^#/d' -e 's/ *\\[[0-9:]*\\]//'; fi
      done
      """

    @Test func anEngineOfOurOwnLeavesTheNetworkAsItIs() throws {
      let cli = try CLI(engine: "compose")
      // Of its own: images are kept beside the script, and another may be at work there, as when this test runs.
      let scratch = try Scratch("scripts")
      for script in ["with-docker", "common.sh"] {
        try FileManager.default.copyItem(
          atPath: "\(cli.share)/scripts/\(script)", toPath: "\(scratch.path)/scripts/\(script)")
      }
      func network() throws -> String {
        let result = try cli.launch(["-euc", Self.network], program: "/bin/sh").wait(30)
        try #require(result.status == 0, "\(result.errors)")
        return result.out
      }
      let before = try network()
      // No engine answers there, whichever there is.
      let words = [
        "DOCKER_HOST=unix:///nobody/here", scratch.path + "/scripts/with-docker", "sh", "-euc",
        "docker info --format '{{.DockerRootDir}}'; docker network ls --format '{{.Driver}}'; \(Self.network)",
      ]
      let result = try cli.launch(words, program: "/usr/bin/env").wait(60)
      #expect(result.status == 0, "\(result.errors)")
      let lines = result.out.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      #expect(lines.first == scratch.path + "/.build/docker")
      // Nor while it is there.
      #expect(lines.last == "host\nnull\n" + before, "\(result.out)")
      #expect(try network() == before)
      #expect(Processes.all.allSatisfy { !$0.line.contains { $0.contains(scratch.path) } }, "it has ended")
    }
  }
}

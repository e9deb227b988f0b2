import Foundation
import Testing

/// What a command said is done is done for the next one, however quickly it comes.
extension ScenarioTests {
  @Suite(.serialized) struct CaughtUpTests {
    @Test func theNextCommandSeesWhatTheLastOneDid() throws {
      let home = try TestHome()
      let cli = try CLI(home: home)
      try cli.withLab(TestHome.scenario) {
        func instances() throws -> [String] {
          try cli.run("status", "--all").out.matches(of: #/(?m)^inventory-[0-9]+/#).map { String($0.output) }.sorted()
        }
        let usual = ["inventory-1", "inventory-2"]
        for _ in 0..<3 {
          let scaled = try cli.run("chaos", "inject", "scale", "service=inventory", "to=150", "--lease", "600")
          #expect(scaled.status == 0, "\(scaled.errors)")
          #expect(try cli.run("chaos", "clear").status == 0)
          // Who finds instances that have ended stops all, and fails to start them again.
          let restarted = try cli.run("restart", "inventory")
          #expect(restarted.status == 0, "\(restarted.errors)")
          #expect(try instances() == usual)
        }
        for _ in 0..<5 {
          #expect(try cli.run("stop-node", "inventory-2").status == 0)
          #expect(try cli.run("start-node", "inventory-2").status == 0)
          let status = try cli.run("status", "--all").out
          #expect(!status.contains("stopped"), "\(status)")
        }
      }
    }
  }
}

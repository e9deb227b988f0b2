import Foundation
import Testing

/// What a brief tells its reader to type shows what its users report.
extension SideBySideTests {
  @Suite(.serialized) struct BriefTests {
    @Test func anOrderByHandIsNotFound() throws {
      let cli = try CLI()
      let recipe = try begin("stale-reads", cli)
      defer { try? cli.finish() }
      try eventually(within: 30, "the order that was just placed is not found") {
        let shown = try cli.script(recipe)
        #expect(shown.status == 0 && shown.out.contains("\"status\":\"confirmed\""), "\(shown)")
        return shown.out.contains(" 404 ")
      }
    }

    @Test func aProductHasTwoStocks() throws {
      let cli = try CLI()
      let recipe = try begin("silent-replica", cli)
      defer { try? cli.finish() }
      try eventually(within: 30, "twenty looks show two stocks") {
        let shown = try cli.script(recipe)
        #expect(shown.status == 0, "\(shown)")
        let stocks = shown.out.matches(of: /(?m)^ *([0-9]+) \{.*"on_hand":[0-9]+.*"sku":"SKU-0001".*\}$/)
        #expect(stocks.compactMap { Int($0.1) }.reduce(0, +) == 20, "\(shown)")
        return stocks.count == 2
      }
    }

    /// Starts the lab, and gives the brief's indented lines.
    private func begin(_ scenario: String, _ cli: CLI) throws -> String {
      let started = try cli.run("start", scenario, "--seed", "7", "--unseen")
      try #require(started.status == 0, "\(started.errors)")
      let lines = try String(contentsOfFile: cli.lab + "/BRIEF.md", encoding: .utf8).split(separator: "\n")
      return lines.prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("    ") }.joined(separator: "\n")
    }
  }
}

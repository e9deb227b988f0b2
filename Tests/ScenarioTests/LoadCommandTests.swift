import Foundation
import Testing

/// Users on demand: who looks for what they want finds the same at the next load.
extension SideBySideTests {
  @Suite(.serialized) struct LoadCommandTests {
    @Test func hotProductsAreNamedAndStayTheSameInALab() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      let started = try cli.run("start", "cache-stampede", "--seed", "7", "--unseen")
      try #require(started.status == 0, "\(started.errors)")
      let first = try load(cli)
      let hot = try #require(first["hot"] as? [String])
      #expect(hot.count == 2 && hot.allSatisfy { $0.hasPrefix("SKU-") }, "\(first)")
      #expect((first["ok"] as? Int ?? 0) > 0, "\(first)")
      let before = try orders(cli)
      #expect(before > 0)
      #expect(try load(cli)["hot"] as? [String] == hot)
      #expect(try orders(cli) > before, "users who come again bring idempotency keys of their own")
      let last = try cli.launch(["load", "--rate", "20", "--seconds", "5"])
      // Their pages are asked for, and so the cache holds them.
      try eventually(within: 20, "\(hot) are asked for") {
        let kept = try cli.run("redis-cli", "--", "EXISTS", "product:\(hot[0])", "product:\(hot[1])")
        return kept.out == "2\n"
      }
      let text = try last.wait(60)
      #expect(text.out.contains("\nhot: \(hot.joined(separator: ", "))\n"), "\(text.out)")
      #expect(text.errors.contains("\nhot: \(hot.joined(separator: ", "))\n"), "\(text.errors)")
    }

    private func load(_ cli: CLI) throws -> [String: Any] {
      let (status, value) = try cli.json("load", "--rate", "30", "--seconds", "3", "--json")
      #expect(status == 0)
      return value
    }

    private func orders(_ cli: CLI) throws -> Int {
      let count = try cli.run("psql", "--", "-d", "orders", "-Atc", "SELECT count(*) FROM orders.orders")
      return try #require(Int(count.out.trimmingCharacters(in: .whitespacesAndNewlines)), "\(count.errors)")
    }
  }
}

import Testing

@testable import Topology

/// Files that would keep a reader busy for ever, or fill the memory.
@Suite struct BoundsTests {
  private func errors(_ text: String, env: String? = nil) -> [String] {
    do {
      _ = try Topology.parse([Topology.Source(name: "f.yaml", text: text)], env: env)
      return []
    } catch let problems as ProblemsError {
      return problems.problems.map(\.description)
    } catch { return ["\(error)"] }
  }

  private var bomb: String {
    "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
      + (1...20).map { level in
        "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
      }.joined()
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["? *a4\n: x\n", "*a4 : x\n", "? {*a4 : b}\n: x\n"])
  func aKeyIsAWord(_ line: String) {
    let small = bomb.split(separator: "\n").prefix(5).joined(separator: "\n") + "\n"
    #expect(errors(small + line).allSatisfy { $0.contains("a key must be a single word, not a list or map") })
    #expect(errors(small + line).count == 1)
    #expect(errors(bomb + line).first?.contains("more than 100000 values once aliases are resolved") == true)
  }

  @Test func aWordMayBeAnAliasAndAKey() {
    #expect(errors("x-a: &a services\n*a :\n  web: {command: x}\n") == [])
  }

  @Test func depthAndLengthHaveBounds() {
    for depth in [101, 300] {
      let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(errors("a: \(nested)\n").first?.contains("is more than 100 deep") == true)
    }
    #expect(errors("a: " + String(repeating: "[", count: 250_000)).count == 1)
    let list = "x-l: [" + Array(repeating: "a", count: 2_001).joined(separator: ",") + "]\n"
    #expect(errors(list) == ["f.yaml:1:6: has more than 2000 entries"])
    let services = (0...200).map { "  s\($0): {command: x}\n" }.joined()
    #expect(errors("services:\n" + services).contains { $0.contains("services: has more than 200 services") })
  }

  @Test func variablesOfVariablesHaveABound() {
    let doubling =
      "A0=" + String(repeating: "x", count: 1_000) + "\n"
      + (1...40).map { "A\($0)=$A\($0 - 1)$A\($0 - 1)\n" }.joined()
    let found = errors("services: {web: {command: \"$A40\"}}\n", env: doubling)
    #expect(found.contains { $0.contains("is longer than 65536 characters once variables are replaced") })
    let many = "services: {web: {command: [" + Array(repeating: "$A", count: 100).joined(separator: ",") + "]}}\n"
    let large = errors(many, env: "A=" + String(repeating: "x", count: 60_000))
    #expect(large.count == 1 && large[0].contains("is longer than 4194304 characters"))
  }

  @Test(.timeLimit(.minutes(1))) func manyVariablesAreReadInTime() throws {
    let env = (0..<20_000).map { "V\($0)=$V\($0 / 2)\n" }.joined()
    #expect(
      try Topology.parse(
        [Topology.Source(name: "f.yaml", text: "services: {web: {command: x}}\n")], env: env
      ).services.count == 1)
    let bare = (0..<20_000).map { "V\($0)=1\n" }.joined()
    let topology = try Topology.parse(
      [Topology.Source(name: "f.yaml", text: "services: {web: {command: x}}\n")], env: bare)
    #expect(topology.warnings.count == 20)
  }
}

import Foundation
import TestFiles
import Testing

/// Firedrill's files with one scenario of the tests' own.
final class TestHome {
  let path: String

  /// A shop that has the judge's proxy between order and payment, and every other part that a fault can be done to.
  convenience init() throws {
    try self.init(Self.scenario, Self.text, lab: ["dns:payment:8080": "dns:proxy:8081"])
  }

  /// - Parameters:
  ///   - scenario: the scenario's id.
  ///   - text: its file.
  ///   - changes: what stands in its lab in place of what the base's `compose.yaml` has.
  init(_ scenario: String, _ text: String, lab changes: [String: String]) throws {
    let files = FileManager.default
    path = NSTemporaryDirectory() + "firedrill-home-\(UUID().uuidString.prefix(8))"
    let lab = "\(path)/Chaos/\(scenario)/lab"
    try files.createDirectory(atPath: lab, withIntermediateDirectories: true)
    for folder in ["compose", "Runbooks"] {
      try files.createSymbolicLink(atPath: "\(path)/\(folder)", withDestinationPath: "\(Repository.root)/\(folder)")
    }
    var compose = try Repository.text("compose/lab/compose.yaml")
    for (old, new) in changes {
      try #require(compose.contains(old))
      compose = compose.replacing(old, with: new)
    }
    try compose.write(toFile: lab + "/compose.yaml", atomically: true, encoding: .utf8)
    try text.write(toFile: "\(path)/Chaos/\(scenario)/scenario.yaml", atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static let scenario = "on-the-way"

  /// How a scenario begins in which nothing is broken, and the judge's proxy leads to payment, database and cache, and
  /// where else it is told to.
  static func head(_ scenario: String, budget: String, links: [String] = []) -> String {
    let links = links.map { "\n    \($0)" }.joined()
    return """
      id: \(scenario)
      title: Something is on the way
      source: the tests
      runbook: Runbooks/\(scenario).md
      time_budget: \(budget)
      brief: Nothing is broken.
      contract: ["Nothing is required."]
      hints: [a, b, c]
      start:
        proxy:
          payment: { port: 8081, target: "payment:8080" }
          database: { port: 5432, target: "postgres:5432" }
          cache: { port: 6379, target: "redis:6379" }\(links)
        symptom: { service: gateway, path: /nowhere, refusing: 1, status: 404, rounds: 1, within: 10s }
      """
  }

  /// One of each type, and some in other ways.
  static let toxics = [
    "link: payment, type: latency, latency_ms: 400, jitter_ms: 300",
    "link: database, type: latency, latency_ms: 200, direction: upstream",
    "link: cache, type: latency, latency_ms: 10",
    "link: payment, type: bandwidth, bytes_per_second: 4000",
    "link: payment, type: bandwidth, bytes_per_second: 9000, direction: upstream",
    "link: payment, type: reset, after_ms: 200",
    "link: payment, type: reset, after_bytes: 1000, probability: 0.5",
    "link: cache, type: blackhole",
    "link: payment, type: slow_close, delay_ms: 600, direction: both",
    "link: database, type: refuse, established: reset",
    "link: payment, type: fail_first, count: 5",
    "link: payment, type: limit_bytes, bytes: 100",
    "link: payment, type: timeout, after_ms: 300",
    "link: payment, type: timeout",
  ]
  private static let faults = toxics.map { "- { kind: toxic, proxy: proxy, \($0), lease: 60s }" }

  /// Nothing in it is broken; the symptom is a page that no shop has. A grade breaks the link in every way there is,
  /// and only looks whether each is seen.
  private static let text = """
    \(head(scenario, budget: "60s"))
    load:
      rate: 10
      arrival: constant
      users: 5
      products: 400
      zipf: 1.0
      patience: 5s
      in_flight: 64
      mix: { product: 1 }
    trials:
      - name: mitigated
        tier: mitigated
        steps:
          - inject:
              faults:
                \(faults.joined(separator: "\n            "))
    checks:
      - { id: fault-took-effect, tier: mitigated, trial: mitigated, section: verify }
    """
}

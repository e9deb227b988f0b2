import Foundation
import Testing

/// The shop under load for a long time, while every connection on the way to database, cache and payment is cut again
/// and again: nothing is lost, nothing is done twice, and nothing grows. `make soak` runs it, for `FIREDRILL_SOAK`
/// minutes.
@Suite(.serialized) struct SoakTests {
  /// Requests a second, a quarter of them orders.
  private static let rate = 150

  @Test func nothingIsLostOrDoneTwiceAndNothingGrows() throws {
    let minutes = Int(ProcessInfo.processInfo.environment["FIREDRILL_SOAK"] ?? "") ?? 10
    let home = try TestHome(
      "soak", Self.scenario(minutes: minutes),
      lab: [
        "dns:payment:8080": "dns:proxy:8081", "_DATABASE_HOST: postgres": "_DATABASE_HOST: proxy",
        "_REDIS_HOST: redis": "_REDIS_HOST: proxy",
      ])
    let cli = try CLI(home: home)
    defer { try? cli.finish() }
    let started = try cli.run("start", "soak", timeout: 60)
    try #require(started.status == 0, "\(started.errors)")
    let grading = try cli.launch(["grade", "--require", "mitigated", "--json"])
    try eventually(within: 60, "the load has begun") { grading.errors.contains("trial ") }
    let begun = Date()
    func wait(_ share: Double) throws {
      let due = begun.addingTimeInterval(Double(minutes) * 60 * share)
      try eventually(within: Double(minutes) * 60 + 60, "the time has come") {
        try #require(grading.process.isRunning, "\(grading.out)\n\(grading.errors)")
        return Date() >= due
      }
    }
    // By then caches are warm, pools are full and every connection has been cut once.
    try wait(0.25)
    let before = try Size.ofNodes(cli)
    try wait(0.95)
    let after = try Size.ofNodes(cli)
    let graded = try grading.wait(300)
    #expect(graded.status == 0, "\(graded.out)\n\(graded.errors)")
    for (node, size) in after.sorted(by: { $0.key < $1.key }) {
      let old = try #require(before[node])
      print("\(node): \(old) -> \(size)")
      #expect(size.files <= old.files + 10, "\(node): \(old) -> \(size)")
      #expect(Double(size.memory) <= Double(old.memory) * 1.1 + 2048, "\(node): \(old) -> \(size)")
    }
  }

  /// What a service's process takes.
  private struct Size: CustomStringConvertible {
    /// Open files.
    var files: Int
    /// Proportional set size, kB.
    var memory: Int
    var description: String { "\(files) files, \(memory) kB" }

    /// The services; databases grow with what is sold.
    static func ofNodes(_ cli: CLI) throws -> [String: Size] {
      let nodes = try #require(try cli.json("status", "--all", "--json").value["nodes"] as? [[String: Any]])
      return try nodes.reduce(into: [:]) { all, node in
        guard let name = node["name"] as? String, let pid = node["pid"] as? Int,
          ["gateway", "inventory", "order", "payment", "provider", "proxy"].contains(where: name.hasPrefix)
        else { return }
        let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        let rollup = try String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)
        let line = rollup.split(separator: "\n").first { $0.hasPrefix("Pss:") }
        let memory = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        all[name] = Size(files: files, memory: try #require(memory))
      }
    }
  }

  /// One window; in each of its minutes each link is cut once, at a moment that the seed draws.
  private static func scenario(minutes: Int) -> String {
    let links = ["payment", "database", "cache"]
    let cuts = (0..<minutes).flatMap { minute in
      links.enumerated().map { index, link in
        let from = minute * 60 + 5 + index * 18
        return """
          - { kind: toxic, proxy: proxy, link: \(link), type: refuse, established: reset,
                      after: { from: \(from)s, to: \(from + 12)s }, lasts: 1s }
          """
      }
    }
    return """
      \(TestHome.head("soak", budget: "\(minutes + 4)m"))
      load:
        rate: \(rate)
        arrival: poisson
        users: 200
        products: 400
        zipf: 1.0
        patience: 5s
        in_flight: 512
        mix:
          { browse: 10, product: 45, product-stock: 5, order: 25, order-again: 5, order-read: 5, orders: 2, cancel: 3 }
        cart: { least: 1, most: 3, quantity: 2 }
      trials:
        - name: mitigated
          tier: mitigated
          steps:
            - window:
                length: \(minutes * 60)s
                users: true
                faults:
                  \(cuts.joined(separator: "\n            "))
      checks:
        - { id: users-are-served, tier: mitigated, trial: mitigated, section: verify, share: 0.1 }
        - { id: stock-is-conserved, tier: mitigated, trial: mitigated, section: verify }
        - { id: acknowledged-is-kept, tier: mitigated, trial: mitigated, section: verify }
        - { id: charged-once, tier: mitigated, trial: mitigated, section: verify }
      """
  }
}

import DrillCore
import Foundation
import TestFiles
import Testing
import Topology

@testable import Grading

/// What a scenario says of its checks: parameters that can be read, and reasons that there are.
@Suite struct CheckCatalogueTests {
  private func read(_ text: String) -> [String] {
    let problems = Problems()
    _ = YAML.read(text, file: "s.yaml", problems: problems).map { CheckReader.check($0, trial: "symptom") }
    return problems.errors.map(\.description)
  }

  @Test func everyScenarioOfTheRepositoryIsValid() throws {
    #expect(Repository.scenarios.count >= 6)
    for id in Repository.scenarios {
      let scenario = try ScenarioFile.load("\(Repository.root)/Chaos/\(id)/scenario.yaml")
      #expect(CheckCatalogue.checks(of: scenario).count == scenario.checks.count)
    }
  }

  @Test(arguments: [
    ("{ id: users-are-served, share: soon }", "s.yaml:1:25: share: must be a number from 0 to 0.99, not `soon`"),
    ("{ id: users-are-served, share: 1.5 }", "share: must be a number from 0 to 0.99, not `1.5`"),
    ("{ id: users-are-served, share: 1 }", "share: must be a number from 0 to 0.99, not `1`"),
    ("{ id: others-go-on, share: 0 }", "share: must be a number from 0.01 to 1, not `0`"),
    ("{ id: users-are-served, share: nan }", "share: must be"),
    ("{ id: users-are-served, share: -0.1 }", "share: must"),
    ("{ id: users-are-served, share: }", "share: must be a single value"),
    ("{ id: users-are-served, share: [0.1] }", "share: must be a single value"),
    ("{ id: users-are-served, share: 1 % }", "share: must be"),
    ("{ id: users-are-served }", "s.yaml:1:1: share: is missing"),
    (
      "{ id: users-are-served, share: 0.1, shore: 1 }",
      "shore: users-are-served has no such parameter; did you mean `share`?"
    ),
    ("{ id: charged-once, share: 0.1 }", "share: charged-once has no such parameter; it takes none"),
    ("{ id: checkouts-do-not-hang, within_ms: 4s, share: 0 }", "within_ms: must be a whole number from 1 to 600000"),
    ("{ id: checkouts-do-not-hang, within_ms: 0, share: 0 }", "within_ms: must be"),
    ("{ id: checkouts-do-not-hang, within_ms: 1_000, share: 0 }", "within_ms: must be a whole number"),
    (
      "{ id: content-is-real, freshness: 1m }", "freshness: must be a time from 1s to 86400s in whole seconds, not `1m`"
    ),
    ("{ id: content-is-real, freshness: 500ms }", "freshness: must be"),
    ("{ id: reads-own-writes, reads: 0 }", "reads:"),
    (
      "{ id: durability-is-kept, fsync: on, synchronous_commit: remote_aply, full_page_writes: on }",
      "synchronous_commit: must be off, local, remote_write, on, remote_apply, not `remote_aply`; did you mean `rem"
    ),
    ("{ id: durability-is-kept, fsync: yes, synchronous_commit: on, full_page_writes: on }", "fsync: must be off, on"),
    (
      "{ id: replicas-carry-reads, table: orders.order, share: 0.5, primary: 0, each: 0, replicas: 1 }",
      "table: must be orders.orders, inventory.stock, not `orders.order`; did you mean `orders.orders`?"
    ),
    ("{ id: every-instance-serves, instances: 251, refuses: a, missing: b }", "instances: must be a whole number"),
    ("{ id: every-instance-serves, instances: 3, refuses: It fails, missing: b }", "refuses: is no reason's code"),
    ("{ id: alert-fires-first, share: 2 }", "share: must be a number from 0 to 0.99, not `2`"),
    (
      "{ id: users-are-severed, share: 0 }",
      "s.yaml:1:3: id: no such kind of check: 'users-are-severed'; did you mean `us"
    ),
    ("{ id: a, kind: users-are-severed, share: 0 }", "s.yaml:1:10: kind: no such kind of check"),
  ])
  func slipsAreNamedWithTheirPlace(_ text: String, _ words: String) {
    let problems = read(text)
    #expect(problems.count == 1 && problems.first?.contains(words) == true, "\(problems)")
  }

  @Test func everyProblemIsNamedAtOnce() {
    let problems = read("{ id: pages-are-quick, within_ms: soon, shar: 0.1 }")
    #expect(problems.count == 3, "\(problems)")
  }

  @Test(arguments: [
    "{ id: alert-fires-first }", "{ id: alert-fires-first, share: 0.02 }",
    "{ id: users-are-served, share: \"0.01\" }", "{ id: content-is-real, freshness: 60s }",
    "{ id: x, kind: every-instance-serves, instances: 250, refuses: it_fails, missing: gone_2 }",
  ])
  func whatIsRightIsTaken(_ text: String) { #expect(read(text).isEmpty, "\(read(text))") }

  /// What stands under `Reasons` in the doc comment of a check, without what makes it unable to tell.
  private func documented(_ source: String) -> Set<String> {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let comment = lines.drop { !$0.hasPrefix("/// Reasons") }.prefix { $0.hasPrefix("///") }
    return comment.reduce(into: []) { found, line in
      let head = line.split(separator: ":", maxSplits: 1)[0]
      guard head.hasPrefix("/// - "), !line.contains("(inconclusive)") else { return }
      for match in head.matches(of: /`(\w+)`/) { found.insert(String(match.1)) }
    }
  }

  @Test func reasonsAreWhatTheChecksSay() throws {
    #expect(CheckReasons.ofKind.keys.sorted() == CheckCatalogue.names)
    let folder = "\(Repository.root)/Sources/Grading/Checks"
    var seen: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where file.hasSuffix(".swift") {
      let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      guard let name = source.firstMatch(of: /struct (\w+): PlannedCheck/)?.1 else { continue }
      let kind = String(name).replacing(/[A-Z]/) { "-" + $0.0.lowercased() }.drop { $0 == "-" }
      seen.insert(String(kind))
      let reasons = Set(CheckReasons.ofKind[String(kind)] ?? [])
      #expect(documented(source).subtracting(CheckCatalogue.namedReasons(of: String(kind))) == reasons, "\(file)")
      let given = source.matches(of: /\.violated\(\s*"(\w+)"/).map { String($0.1) }
      #expect(reasons.isSuperset(of: given), "\(file)")
    }
    #expect(seen.sorted() == CheckCatalogue.names)
  }

  @Test func aScenarioMayNameReasonsItself() {
    #expect(CheckCatalogue.reasons(of: Written.plan("users-are-served")) == ["front_door_missing", "users_refused"])
    let plan = Written.plan("every-instance-serves", ["refuses": "it_fails", "missing": "gone"])
    #expect(CheckCatalogue.reasons(of: plan) == ["gone", "it_fails"])
    #expect(CheckCatalogue.reasons(of: Written.plan("nothing-of-the-kind")).isEmpty)
  }

  @Test func theSymptomsReasonIsOneOfItsCheck() {
    func problems(_ reason: String) -> [String] {
      let problems = Problems()
      let text = """
        symptom:
          steps: [{ rest: { within: 1s } }]
          check: { id: stock-is-current, within_ms: 1000, share: 0 }
          reason: \(reason)
          within: 9s
        """
      _ = YAML.read(text, file: "s.yaml", problems: problems).map(StartReader.start)
      return problems.errors.map(\.description)
    }
    #expect(problems("stale_stock").isEmpty)
    #expect(problems("stale_stok").first?.hasPrefix("s.yaml:4:11: symptom.reason: `stock-is-current` never") == true)
    #expect(problems("stale_stok").first?.contains("did you mean `stale_stock`?") == true)
    // It makes the check unable to tell, and so no symptom.
    #expect(problems("not_tried").count == 1)
  }
}

import DrillCore
import Testing
import Topology

@testable import Grading

/// What a window of a scenario file says about locked rows.
@Suite struct LocksReaderTests {
  private func read(_ text: String) -> (plan: LocksPlan?, problems: [String]) {
    let problems = Problems()
    let plan = YAML.read(text, file: "s.yaml", problems: problems).map(LocksReader.locks)
    return (plan, problems.errors.map(\.description))
  }

  @Test func everythingIsRead() {
    let (plan, problems) = read(
      """
      clients: 12
      hold: { times: 3, lasts: 1500ms, customers: 2 }
      wrong: { products: 6, within: 5s }
      """)
    #expect(problems.isEmpty)
    #expect(
      plan
        == LocksPlan(
          clients: 12, hold: HoldPlan(times: 3, lasts: .milliseconds(1500), customers: 2),
          wrong: WrongCountsPlan(products: 6, within: .seconds(5))))
  }

  @Test func nothingIsNothingButCounting() {
    let (plan, problems) = read("clients: 0")
    #expect(problems.isEmpty && plan == LocksPlan())
  }

  @Test(arguments: [
    ("client: 3", "client"), ("clients: 201", "clients"), ("hold: { times: 3, lasts: 1s }", "customers"),
    ("hold: { times: 0, lasts: 1s, customers: 1 }", "times"), ("wrong: { products: 1, within: 5s }", "products"),
    ("wrong: { products: 6 }", "within"),
  ])
  func slipsAreNamed(text: String, word: String) {
    #expect(read(text).problems.contains { $0.contains(word) })
  }
}

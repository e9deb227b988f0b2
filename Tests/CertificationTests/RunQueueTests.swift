import DrillCore
import Testing

@testable import Certification

/// Which labs are judged side by side.
@Suite struct RunQueueTests {
  private static func run(_ scenario: String, _ cell: String = "nothing") -> Run {
    Run(cell: Cell(scenario: scenario, id: cell, kind: .nothing, expectation: .passed(.resolved)), round: 1)
  }

  private static let needs = ["light": 1, "heavy": 2]

  @Test func oneThatFitsGoesBeforeOneThatDoesNot() {
    let runs = [Self.run("light", "a"), Self.run("heavy", "b"), Self.run("light", "c"), Self.run("light", "d")]
    var queue = RunQueue(runs, processors: 2, needs: Self.needs)
    let first = queue.next()
    #expect(first == runs[0])
    #expect(queue.next() == runs[2])
    #expect(queue.next() == nil && !queue.isEmpty)
    queue.end(runs[0])
    #expect(queue.next() == runs[3])
    queue.end(runs[2])
    // One processor is free, and that is not enough.
    #expect(queue.next() == nil)
    queue.end(runs[3])
    #expect(queue.next() == runs[1])
    #expect(queue.isEmpty && queue.next() == nil)
  }

  @Test func oneThatNeedsMoreThanThereIsGoesAlone() {
    let runs = [Self.run("heavy"), Self.run("heavy", "b")]
    var queue = RunQueue(runs, processors: 1, needs: Self.needs)
    #expect(queue.next() == runs[0])
    #expect(queue.next() == nil)
    queue.end(runs[0])
    #expect(queue.next() == runs[1])
  }

  @Test func aShareIsOfProcessorsOrOfJobs() {
    let queue = RunQueue([], processors: 4, needs: ["light": 1, "heavy": 2, "huge": 9])
    func share(_ scenario: String, _ jobs: Int) -> Double { queue.share(of: Self.run(scenario), jobs: jobs) }
    #expect(share("light", 4) == 0.25 && share("light", 2) == 0.5 && share("light", 1) == 1)
    #expect(share("heavy", 4) == 0.5 && share("huge", 4) == 1)
  }

  @Test(arguments: [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)])
  func whatSaysNothingCountsForTwo(_ processors: Int, _ together: Int) {
    let runs = ["a", "b", "c"].map { Self.run("new", $0) }
    var queue = RunQueue(runs, processors: processors, needs: [:])
    var begun = 0
    while queue.next() != nil { begun += 1 }
    #expect(begun == together)
  }
}

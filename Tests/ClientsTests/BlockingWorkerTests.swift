import Glibc
import Synchronization
import Testing

@testable import Clients

@Suite struct BlockingWorkerTests {
  /// A pipe nobody writes to: who reads it stands still until it is closed at the other end.
  final class Standstill: Sendable {
    private let ends: (read: Int32, write: Int32)

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      self.ends = (ends[0], ends[1])
    }

    func wait() {
      var byte: UInt8 = 0
      _ = read(ends.read, &byte, 1)
    }

    func end() { close(ends.write) }

    deinit { close(ends.read) }
  }

  func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<10_000 where !condition() { try await Task.sleep(for: .milliseconds(1)) }
    return condition()
  }

  @Test func aLaneThatStandsStillLeavesTheOthersAlone() async throws {
    let worker = BlockingWorker(threads: 2)
    let standstill = try Standstill()
    let others = Atomic<Int>(0)
    for _ in 0..<8 { #expect(worker.run(in: "frozen") { standstill.wait() }) }
    for _ in 0..<8 { #expect(worker.run(in: "well") { others.add(1, ordering: .relaxed) }) }
    #expect(try await eventually { others.load(ordering: .relaxed) == 8 })
    standstill.end()
    #expect(try await eventually { worker.busyLanes == 0 }, "what is done leaves nothing behind")
  }

  @Test func workDoesNotPileUpBehindCallsThatDoNotReturn() async throws {
    let worker = BlockingWorker(threads: 1, mostWaiting: 3)
    let standstill = try Standstill()
    let begun = Atomic<Bool>(false)
    let ran = Atomic<Int>(0)
    #expect(
      worker.run(in: "frozen") {
        begun.store(true, ordering: .relaxed)
        standstill.wait()
      })
    #expect(try await eventually { begun.load(ordering: .relaxed) })
    for _ in 0..<3 { #expect(worker.run(in: "frozen") { ran.add(1, ordering: .relaxed) }) }
    #expect(!worker.run(in: "frozen") { ran.add(100, ordering: .relaxed) })
    standstill.end()
    #expect(try await eventually { worker.busyLanes == 0 })
    #expect(ran.load(ordering: .relaxed) == 3)
    #expect(worker.run(in: "frozen") { ran.add(1, ordering: .relaxed) })
    #expect(try await eventually { ran.load(ordering: .relaxed) == 4 })
  }

  /// No machine has room for the stack, so that pthread_create fails as at a limit of processes.
  @Test func aThreadThatCannotBeHadFailsTheLookUpAlone() async throws {
    let worker = BlockingWorker(stackSize: 1 << 62)
    #expect(!worker.run(in: "x") { Issue.record("it has run") })
    #expect(worker.busyLanes == 0)
    let failure = await #expect(throws: ResolveFailure.self) {
      let _: [String] = try await onReactor { call in
        NameResolver.resolve("localhost", by: worker) { call.finish($0.mapError { $0 as any Error }) }
      }
    }
    #expect(failure?.description.contains("\"localhost\" to address: no thread") == true)
  }
}

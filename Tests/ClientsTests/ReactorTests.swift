import Testing

@testable import Clients

@Suite struct ReactorTests {
  @Reactor final class Record {
    var order: [Int] = []
    nonisolated init() {}
  }

  @Test func timersFireInOrderAndCancelledOnesDoNot() async throws {
    let record = Record()
    let fired: [Int] = try await onReactor { call in
      var timers: [Int: ReactorTimer] = [:]
      for index in [5, 1, 4, 2, 3, 6] {
        timers[index] = Reactor.schedule(after: .milliseconds(index * 3)) { record.order.append(index) }
      }
      timers[2]?.cancel()
      timers[5]?.cancel()
      timers[5]?.cancel()
      _ = Reactor.schedule(after: .milliseconds(40)) { call.finish(.success(record.order)) }
    }
    #expect(fired == [1, 3, 4, 6])
  }

  @Test func timersAreExact() async throws {
    let late: Duration = try await onReactor { call in
      let deadline = ContinuousClock.now.advanced(by: .milliseconds(50))
      Reactor.loop.schedule(at: deadline) { call.finish(.success(deadline.duration(to: .now))) }
    }
    #expect(late >= .zero && late < .seconds(1))
  }

  @Test @Reactor func theHeapKeepsItsOrderUnderRemoval() {
    var heap = TimerHeap()
    var random = PoolStateMachineRandomTests.Generator(state: 7)
    let origin = ContinuousClock.now
    var timers = (0..<500).map { _ in
      ReactorTimer(deadline: origin.advanced(by: .milliseconds(Int.random(in: 0..<1000, using: &random)))) {}
    }
    for timer in timers { heap.insert(timer) }
    for _ in 0..<250 {
      let gone = timers.remove(at: Int.random(in: 0..<timers.count, using: &random))
      heap.remove(gone)
      heap.remove(gone)
    }
    var seen: [ContinuousClock.Instant] = []
    while let timer = heap.popDue(origin.advanced(by: .seconds(2))) { seen.append(timer.deadline) }
    #expect(seen == timers.map(\.deadline).sorted())
  }

  @Test func postedWorkKeepsItsOrder() async throws {
    let record = Record()
    for index in 0..<1000 { Reactor.post { record.order.append(index) } }
    let order = await record.order
    #expect(order == Array(0..<1000))
  }

  @Test func whatPostedWorkHoldsIsLetGo() async throws {
    final class Held: Sendable {}
    struct Weak { weak var held: Held? }
    let held = (0..<10).map { _ in Held() }
    for held in held { Reactor.post { withExtendedLifetime(held) {} } }
    let called = Held()
    try await onReactor { (call: ReactorCall<Void>) in withExtendedLifetime(called) { call.finish(.success(())) } }
    let all = (held + [called]).map(Weak.init)
    _ = consume held
    _ = consume called
    // The batch in which they ran lets them go only as a whole.
    for _ in 0..<1000 where all.contains(where: { $0.held != nil }) {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(all.allSatisfy { $0.held == nil })
  }

  @Test func cancellationBeforeTheWorkBeginsIsSeen() async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await onReactor { (call: ReactorCall<Bool>) in call.finish(.success(call.isCancelled)) }
    }
    #expect(try await task.value)
  }

  @Test func namesAreResolvedAside() async throws {
    let addresses: [String] = try await onReactor { call in
      NameResolver.resolve("localhost") { call.finish($0.mapError { $0 as any Error }) }
    }
    #expect(addresses.contains("127.0.0.1"))
    #expect(
      NameResolver.isNumeric("::1") && NameResolver.isNumeric("127.0.0.1") && !NameResolver.isNumeric("localhost"))
    await #expect(throws: ResolveFailure.self) {
      let _: [String] = try await onReactor { call in
        NameResolver.resolve("no-such-host.invalid") { call.finish($0.mapError { $0 as any Error }) }
      }
    }
  }
}

import Testing

@testable import Resilience

@Suite struct ConcurrencyLimitTests {
  @Test func withoutQueueTheSurplusIsRefused() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 2))
    #expect(limit.arrive(1, at: at(0)) == [.admit(1)])
    #expect(limit.arrive(2, at: at(0)) == [.admit(2)])
    #expect(limit.arrive(3, at: at(0)) == [.refuse(3, .queueFull)])
    #expect(limit.leave(at: at(1)) == [])
    #expect(limit.arrive(4, at: at(1)) == [.admit(4)])
  }

  @Test func aQueueWithoutPatienceIsNone() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 1, maxQueue: 5, maxWait: .zero))
    _ = limit.arrive(1, at: at(0))
    #expect(limit.arrive(2, at: at(0)) == [.refuse(2, .queueFull)])
  }

  @Test func fifoServesTheFirstAndRefusesTheLast() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 1, maxQueue: 2, maxWait: .seconds(1)))
    _ = limit.arrive(1, at: at(0))
    #expect(limit.arrive(2, at: at(0)) == [.wait(2, until: at(1000))])
    #expect(limit.arrive(3, at: at(10)) == [.wait(3, until: at(1010))])
    #expect(limit.arrive(4, at: at(20)) == [.refuse(4, .queueFull)])
    #expect(limit.leave(at: at(30)) == [.admit(2)])
    #expect(limit.waiting == 1 && limit.inside == 1)
  }

  @Test func lifoServesTheLastAndRefusesTheFirst() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 1, maxQueue: 2, maxWait: .seconds(1), order: .lifo))
    for ticket in 1...3 { _ = limit.arrive(UInt64(ticket), at: at(ticket)) }
    #expect(limit.arrive(4, at: at(20)) == [.refuse(2, .queueFull), .wait(4, until: at(1020))])
    #expect(limit.leave(at: at(30)) == [.admit(4)])
    #expect(limit.leave(at: at(31)) == [.admit(3)])
  }

  @Test func waitsEnd() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 1, maxQueue: 9, maxWait: .seconds(1)))
    for ticket in 1...3 { _ = limit.arrive(UInt64(ticket), at: at(ticket * 100)) }
    #expect(limit.expire(at: at(1199)) == [])
    #expect(limit.expire(at: at(1200)) == [.refuse(2, .queueTimeout)])
    #expect(limit.leave(at: at(1300)) == [.refuse(3, .queueTimeout)], "a place doesn't go to who is too late")
    #expect(limit.inside == 0)
  }

  @Test func whoLeavesTheQueueIsNotServed() {
    var limit = ConcurrencyLimit(.init(maxConcurrent: 1, maxQueue: 9, maxWait: .seconds(1)))
    for ticket in 1...3 { _ = limit.arrive(UInt64(ticket), at: at(0)) }
    #expect([2, 2, 1, 9].map { limit.abandon($0) } == [true, false, false, false])
    #expect(limit.leave(at: at(1)) == [.admit(3)])
  }

  /// Whatever happens: the bounds hold, everybody is told exactly once, and nobody waits while there is room.
  @Test(arguments: 1...40) func itKeepsItsBounds(seed: Int) {
    var chance = Chance(seed: seed)
    let settings = ConcurrencyLimit.Settings(
      maxConcurrent: Int.random(in: 1...4, using: &chance), maxQueue: Int.random(in: 0...5, using: &chance),
      maxWait: .milliseconds(Int.random(in: 0...60, using: &chance)), order: seed % 2 == 0 ? .fifo : .lifo)
    var limit = ConcurrencyLimit(settings)
    var now = 0
    var next: UInt64 = 0
    var waiting: [UInt64: ContinuousClock.Instant] = [:]
    var inside = 0
    var told: Set<UInt64> = []
    func carryOut(_ actions: [ConcurrencyLimit.Action]) {
      for action in actions {
        switch action {
        case .admit(let ticket):
          inside += 1
          waiting[ticket] = nil
          #expect(told.insert(ticket).inserted)
        case .refuse(let ticket, let refusal):
          if refusal == .queueTimeout { #expect(waiting[ticket].map { $0 <= at(now) } == true) }
          waiting[ticket] = nil
          #expect(told.insert(ticket).inserted)
        case .wait(let ticket, let until):
          #expect(until == at(now) + settings.maxWait)
          waiting[ticket] = until
        }
      }
    }
    for _ in 0..<800 {
      now += Int.random(in: 0...15, using: &chance)
      switch Int.random(in: 0..<5, using: &chance) {
      case 0, 1:
        next += 1
        carryOut(limit.arrive(next, at: at(now)))
      case 2 where inside > 0:
        inside -= 1
        carryOut(limit.leave(at: at(now)))
      case 3: carryOut(limit.expire(at: at(now)))
      case 4:
        guard let ticket = waiting.keys.sorted().randomElement(using: &chance) else { continue }
        #expect(limit.abandon(ticket) == true)
        waiting[ticket] = nil
      default: break
      }
      #expect(limit.inside == inside && limit.waiting == waiting.count)
      #expect(inside <= settings.maxConcurrent && waiting.count <= settings.maxQueue)
      #expect(waiting.isEmpty || inside == settings.maxConcurrent)
    }
    #expect(next > 0 && told.count + waiting.count <= Int(next))
  }
}

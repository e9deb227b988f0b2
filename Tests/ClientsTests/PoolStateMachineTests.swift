import Testing

@testable import Clients

/// The pool's rules, one by one, without a clock or a socket.
@Suite struct PoolStateMachineTests {
  static let origin = ContinuousClock.now

  func at(_ milliseconds: Int) -> ContinuousClock.Instant { Self.origin.advanced(by: .milliseconds(milliseconds)) }

  func machine(
    max: Int = 2, minIdle: Int = 0, idleTimeout: Int = 0, maxLifetime: Int = 0, base: Int = 50, cap: Int = 1000
  ) -> PoolStateMachine {
    PoolStateMachine(
      settings: PoolSettings(
        name: "test", max: max, minIdle: minIdle, idleTimeout: .milliseconds(idleTimeout),
        maxLifetime: .milliseconds(maxLifetime), backoffBase: .milliseconds(base), backoffCap: .milliseconds(cap)))
  }

  @Test func startOpensWhatIsToBeKept() {
    var pool = machine(max: 5, minIdle: 2)
    #expect(pool.start(now: at(0)) == [.open(1), .open(2)])
    #expect(pool.start(now: at(1)).isEmpty)
    #expect(pool.connected(1, jitter: 0, now: at(2)).isEmpty)
    #expect(pool.connected(2, jitter: 0, now: at(2)).isEmpty)
    #expect(pool.idle.count == 2 && pool.inUse == 0 && pool.connecting == 0)
  }

  @Test func oneInUseCountsAsKept() {
    var pool = machine(max: 5, minIdle: 1)
    #expect(pool.start(now: at(0)) == [.open(1)])
    _ = pool.connected(1, jitter: 0, now: at(1))
    #expect(pool.acquire(1, now: at(2)) == [.lend(1, 1)])
    #expect(pool.connections.count == 1)
  }

  @Test func anIdleConnectionIsLentAtOnceTheLatestFirst() {
    var pool = machine(max: 3, minIdle: 2)
    _ = pool.start(now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    _ = pool.connected(2, jitter: 0, now: at(2))
    #expect(pool.acquire(7, now: at(3)) == [.lend(2, 7)])
    #expect(pool.acquire(8, now: at(3)) == [.lend(1, 8)])
  }

  @Test func aWaiterOpensAConnectionUpToTheMost() {
    var pool = machine(max: 2)
    #expect(pool.acquire(1, now: at(0)) == [.open(1)])
    #expect(pool.acquire(2, now: at(0)) == [.open(2)])
    #expect(pool.acquire(3, now: at(0)).isEmpty)
    #expect(pool.connected(2, jitter: 0, now: at(1)) == [.lend(2, 1)])
    #expect(pool.connected(1, jitter: 0, now: at(2)) == [.lend(1, 2)])
    #expect(pool.release(1, reusable: true, now: at(3)) == [.lend(1, 3)])
  }

  @Test func waitersAreServedInOrderAndThoseWhoLeftAreSkipped() {
    var pool = machine(max: 1)
    _ = pool.acquire(1, now: at(0))
    for waiter in 2...5 { _ = pool.acquire(waiter, now: at(waiter)) }
    _ = pool.connected(1, jitter: 0, now: at(9))
    pool.withdraw(2)
    #expect(pool.timedOut(3, now: at(10)) == [.refuse(3, .busy)])
    #expect(pool.release(1, reusable: true, now: at(11)) == [.lend(1, 4)])
    #expect(pool.release(1, reusable: true, now: at(12)) == [.lend(1, 5)])
    #expect(pool.release(1, reusable: true, now: at(13)).isEmpty)
    #expect(pool.idle.count == 1 && pool.waiters.isEmpty)
  }

  @Test func aDoubtfulConnectionIsClosedAndReplacedForTheNext() {
    var pool = machine(max: 1)
    _ = pool.acquire(1, now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    _ = pool.acquire(2, now: at(2))
    #expect(pool.release(1, reusable: false, now: at(3)) == [.close(1), .open(2)])
    #expect(pool.connected(2, jitter: 0, now: at(4)) == [.lend(2, 2)])
  }

  @Test func aConnectionLostWhileIdleIsReplacedWhenItIsToBeKept() {
    var pool = machine(max: 3, minIdle: 1)
    _ = pool.start(now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    #expect(pool.lost(1, now: at(2)) == [.close(1), .open(2)])
    #expect(pool.lost(1, now: at(3)).isEmpty)
  }

  @Test func aConnectionLostWhileLentIsClosedWhenItComesBack() {
    var pool = machine()
    _ = pool.acquire(1, now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    #expect(pool.lost(1, now: at(2)).isEmpty)
    #expect(pool.release(1, reusable: true, now: at(3)) == [.close(1)])
    #expect(pool.connections.isEmpty)
  }

  @Test func aLoanThatFailsPutsTheWaiterFirstAgain() {
    var pool = machine(max: 1)
    _ = pool.acquire(1, now: at(0))
    #expect(pool.connected(1, jitter: 0, now: at(1)) == [.lend(1, 1)])
    _ = pool.acquire(2, now: at(2))
    #expect(pool.lendFailed(1, 1, since: at(0), now: at(3)) == [.close(1), .open(2)])
    #expect(pool.connected(2, jitter: 0, now: at(4)) == [.lend(2, 1)])
  }

  @Test func aLoanThatFailsTakesAnotherIdleOne() {
    var pool = machine(max: 2, minIdle: 2)
    _ = pool.start(now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    _ = pool.connected(2, jitter: 0, now: at(1))
    #expect(pool.acquire(1, now: at(2)) == [.lend(2, 1)])
    #expect(pool.lendFailed(2, 1, since: at(2), now: at(2)) == [.close(2), .lend(1, 1)])
  }

  @Test func failuresPauseLongerAndLonger() {
    var pool = machine(max: 3, base: 100, cap: 300)
    #expect(pool.acquire(1, now: at(0)) == [.open(1)])
    #expect(pool.connectFailed(1, jitter: 1, now: at(1)).isEmpty)
    #expect(pool.nextTick == at(101))
    #expect(pool.tick(now: at(100)).isEmpty)
    #expect(pool.tick(now: at(101)) == [.open(2)])
    #expect(pool.connectFailed(2, jitter: 1, now: at(101)).isEmpty)
    #expect(pool.nextTick == at(301))
    #expect(pool.tick(now: at(301)) == [.open(3)])
    #expect(pool.connectFailed(3, jitter: 1, now: at(301)).isEmpty)
    #expect(pool.nextTick == at(601), "capped")
    #expect(pool.tick(now: at(601)) == [.open(4)])
    #expect(pool.connected(4, jitter: 0, now: at(602)) == [.lend(4, 1)])
    #expect(pool.failures == 0 && pool.nextTick == nil)
  }

  @Test func thePauseIsJitteredByHalf() {
    let settings = machine(base: 100, cap: 1000).settings
    #expect(PoolStateMachine.pause(failures: 1, jitter: 0, settings) == .milliseconds(50))
    #expect(PoolStateMachine.pause(failures: 2, jitter: 0, settings) == .milliseconds(100))
    #expect(PoolStateMachine.pause(failures: 3, jitter: 0.5, settings) == .milliseconds(300))
    #expect(PoolStateMachine.pause(failures: 90, jitter: 1, settings) == .milliseconds(1000))
  }

  @Test func whileFailingOneAttemptAtATime() {
    var pool = machine(max: 5)
    for waiter in 1...3 { _ = pool.acquire(waiter, now: at(0)) }
    #expect(pool.connecting == 3)
    for connection in 1...3 { #expect(pool.connectFailed(connection, jitter: 1, now: at(1)).isEmpty) }
    #expect(pool.failures == 1, "attempts that were under way together count once")
    #expect(pool.acquire(4, now: at(10)).isEmpty)
    #expect(pool.tick(now: at(51)) == [.open(4)])
    #expect(pool.acquire(5, now: at(52)).isEmpty)
    #expect(pool.connected(4, jitter: 0, now: at(53)) == [.lend(4, 1), .open(5), .open(6), .open(7), .open(8)])
  }

  @Test func withoutNeedNoAttemptIsMade() {
    var pool = machine()
    _ = pool.acquire(1, now: at(0))
    pool.withdraw(1)
    #expect(pool.connectFailed(1, jitter: 1, now: at(1)).isEmpty)
    #expect(pool.nextTick == nil)
    #expect(pool.tick(now: at(1000)).isEmpty)
    #expect(pool.acquire(2, now: at(2000)) == [.open(2)])
  }

  @Test func aTimeOutSaysWhetherConnectingFailed() {
    var pool = machine(max: 1)
    _ = pool.acquire(1, now: at(0))
    _ = pool.connectFailed(1, jitter: 1, now: at(1))
    #expect(pool.timedOut(1, now: at(500)) == [.refuse(1, .connectFailed)])
    #expect(pool.timedOut(1, now: at(501)).isEmpty)
    // Still in the pause of that failure.
    var other = machine(max: 1, base: 1000)
    _ = other.acquire(1, now: at(0))
    _ = other.connectFailed(1, jitter: 1, now: at(1))
    _ = other.acquire(2, now: at(100))
    #expect(other.timedOut(2, now: at(600)) == [.refuse(2, .connectFailed)])
    // An old failure does not excuse a pool that is merely busy.
    var busy = machine(max: 1)
    _ = busy.acquire(1, now: at(0))
    _ = busy.connectFailed(1, jitter: 1, now: at(1))
    _ = busy.tick(now: at(51))
    _ = busy.connected(2, jitter: 0, now: at(52))
    _ = busy.acquire(2, now: at(53))
    #expect(busy.timedOut(2, now: at(553)) == [.refuse(2, .busy)])
  }

  @Test func surplusIdleConnectionsCloseInTime() {
    var pool = machine(max: 3, minIdle: 1, idleTimeout: 100)
    for waiter in 1...3 { _ = pool.acquire(waiter, now: at(0)) }
    for connection in 1...3 { _ = pool.connected(connection, jitter: 0, now: at(0)) }
    for connection in 1...3 { _ = pool.release(connection, reusable: true, now: at(connection)) }
    #expect(pool.nextTick == at(101))
    #expect(pool.tick(now: at(100)).isEmpty)
    #expect(pool.tick(now: at(102)) == [.close(1), .close(2)])
    #expect(pool.nextTick == nil, "the last is kept")
    #expect(pool.tick(now: at(10_000)).isEmpty)
  }

  @Test func zeroIdleTimeoutNeverCloses() {
    var pool = machine()
    _ = pool.acquire(1, now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    _ = pool.release(1, reusable: true, now: at(2))
    #expect(pool.nextTick == nil)
    #expect(pool.tick(now: at(1_000_000)).isEmpty)
  }

  @Test func anOldConnectionIsClosedWhenIdleAndReplaced() {
    var pool = machine(max: 2, minIdle: 1, maxLifetime: 1000)
    _ = pool.start(now: at(0))
    _ = pool.connected(1, jitter: 1, now: at(0))
    #expect(pool.nextTick == at(975))
    #expect(pool.tick(now: at(975)) == [.close(1), .open(2)])
    _ = pool.connected(2, jitter: 0, now: at(1000))
    _ = pool.acquire(1, now: at(1001))
    #expect(pool.tick(now: at(3000)).isEmpty, "not while it is lent")
    #expect(pool.release(2, reusable: true, now: at(3001)) == [.close(2), .open(3)])
  }

  @Test func shutdownRefusesWaitersClosesIdleOnesAndWaitsForTheRest() {
    var pool = machine(max: 2)
    for waiter in 1...3 { _ = pool.acquire(waiter, now: at(0)) }
    _ = pool.connected(1, jitter: 0, now: at(1))
    #expect(pool.shutDown() == [.refuse(2, .closed), .refuse(3, .closed), .close(2)])
    #expect(pool.acquire(4, now: at(2)) == [.refuse(4, .closed)])
    #expect(pool.connected(2, jitter: 0, now: at(3)) == [.close(2)], "an attempt that ended too late")
    #expect(pool.release(1, reusable: true, now: at(4)) == [.close(1), .drained])
    #expect(pool.phase == .drained && pool.connections.isEmpty)
  }

  @Test func shutdownOfAnEmptyPoolIsDoneAtOnceAndOnce() {
    var pool = machine()
    #expect(pool.shutDown() == [.drained])
    #expect(pool.shutDown().isEmpty)
    #expect(pool.closeAll().isEmpty)
  }

  @Test func closeAllTakesConnectionsFromTheirUsers() {
    var pool = machine(max: 1)
    _ = pool.acquire(1, now: at(0))
    _ = pool.connected(1, jitter: 0, now: at(1))
    #expect(pool.shutDown().isEmpty)
    #expect(pool.closeAll() == [.close(1), .drained])
    #expect(pool.release(1, reusable: true, now: at(2)).isEmpty)
  }

  @Test func strangersAreIgnored() {
    var pool = machine()
    #expect(pool.release(9, reusable: true, now: at(0)).isEmpty)
    #expect(pool.lost(9, now: at(0)).isEmpty)
    #expect(pool.connectFailed(9, jitter: 0, now: at(0)).isEmpty)
    #expect(pool.connected(9, jitter: 0, now: at(0)) == [.close(9)])
    #expect(pool.timedOut(9, now: at(0)).isEmpty)
  }
}

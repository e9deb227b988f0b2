import Testing

@testable import Clients

/// Random histories against the promises that the pool makes whatever happens.
@Suite struct PoolStateMachineRandomTests {
  /// SplitMix64 (Steele, Lea, Flood 2014): a seed gives the same history everywhere.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// The world outside the machine, kept by what the actions say.
  struct World {
    var pool: PoolStateMachine
    var random: Generator
    var now = ContinuousClock.now
    var opening: Set<Int> = []
    var open: Set<Int> = []
    var lent: [Int: Int] = [:]
    var waiting: [Int] = []
    var answered: Set<Int> = []
    var nextWaiter = 0
    var isDrained = false

    mutating func carryOut(_ actions: [PoolStateMachine.Action]) {
      for action in actions {
        switch action {
        case .open(let id):
          #expect(!opening.contains(id) && !open.contains(id))
          opening.insert(id)
        case .close(let id):
          #expect(opening.remove(id) != nil || open.remove(id) != nil || !pool.connections.keys.contains(id))
          lent[id] = nil
        case .lend(let id, let waiter):
          #expect(open.contains(id), "lent a connection that is not open")
          #expect(lent[id] == nil, "lent twice")
          #expect(waiting.first == waiter, "out of order")
          waiting.removeAll { $0 == waiter }
          #expect(answered.insert(waiter).inserted, "answered twice")
          lent[id] = waiter
        case .refuse(let waiter, _):
          waiting.removeAll { $0 == waiter }
          #expect(answered.insert(waiter).inserted, "answered twice")
        case .drained: isDrained = true
        }
      }
    }

    mutating func step() {
      now = now.advanced(by: .milliseconds(Int.random(in: 0...30, using: &random)))
      let chance = Double.random(in: 0..<1, using: &random)
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<6:
        nextWaiter += 1
        waiting.append(nextWaiter)
        carryOut(pool.acquire(nextWaiter, now: now))
      case 6..<10:
        guard let id = lent.keys.sorted().randomElement(using: &random) else { return }
        lent[id] = nil
        carryOut(pool.release(id, reusable: chance < 0.8, now: now))
      case 10..<13:
        guard let id = opening.sorted().randomElement(using: &random) else { return }
        opening.remove(id)
        open.insert(id)
        carryOut(pool.connected(id, jitter: chance, now: now))
      case 13:
        guard let id = opening.sorted().randomElement(using: &random) else { return }
        opening.remove(id)
        carryOut(pool.connectFailed(id, jitter: chance, now: now))
      case 14:
        guard let id = open.sorted().randomElement(using: &random) else { return }
        carryOut(pool.lost(id, now: now))
      case 15:
        guard let id = waiting.randomElement(using: &random) else { return }
        carryOut(pool.timedOut(id, now: now))
      case 16:
        guard let id = waiting.randomElement(using: &random) else { return }
        waiting.removeAll { $0 == id }
        answered.insert(id)
        pool.withdraw(id)
      case 17:
        guard let (id, waiter) = lent.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
        lent[id] = nil
        open.remove(id)
        answered.remove(waiter)
        waiting.insert(waiter, at: 0)
        carryOut(pool.lendFailed(id, waiter, since: now, now: now))
      default: carryOut(pool.tick(now: now))
      }
    }

    func check() {
      #expect(pool.connections.count <= pool.settings.max, "more than the most")
      #expect(pool.connections.count == opening.count + open.count, "a connection was lost")
      #expect(pool.inUse == lent.count && pool.connecting == opening.count)
      #expect(Set(pool.waiters.keys) == Set(waiting), "a waiter was lost")
      #expect(waiting.isEmpty || pool.idle.isEmpty, "somebody waits beside an idle connection")
      if !waiting.isEmpty, pool.phase == .running, opening.isEmpty, pool.connections.count < pool.settings.max {
        #expect(pool.nextTick != nil, "nobody will ever open a connection for those who wait")
      }
    }
  }

  @Test(arguments: 1...40) func promisesHold(seed: UInt64) {
    var random = Generator(state: seed)
    let max = Int.random(in: 1...6, using: &random)
    let settings = PoolSettings(
      name: "random", max: max, minIdle: Int.random(in: 0...max, using: &random),
      idleTimeout: .milliseconds([0, 50].randomElement(using: &random) ?? 0),
      maxLifetime: .milliseconds([0, 400].randomElement(using: &random) ?? 0))
    var world = World(pool: PoolStateMachine(settings: settings), random: random)
    world.carryOut(world.pool.start(now: world.now))
    for _ in 0..<1500 {
      world.step()
      world.check()
    }
    world.carryOut(world.pool.shutDown())
    #expect(world.waiting.isEmpty)
    for id in world.lent.keys.sorted() {
      world.lent[id] = nil
      world.carryOut(world.pool.release(id, reusable: true, now: world.now))
    }
    #expect(world.isDrained && world.open.isEmpty && world.pool.connections.isEmpty)
  }
}

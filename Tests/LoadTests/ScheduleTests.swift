import DrillCore
import Testing

@testable import Load

@Suite struct ScheduleTests {
  static let plan = LoadPlan(
    rate: 100, arrival: .poisson, users: 5, products: 50, zipf: 1, patience: .seconds(1), inFlight: 10, echo: [],
    mix: [.browse: 1, .product: 2, .order: 1])

  /// The requests of the mix, without the tour of the one user more.
  private static func drawn(_ plan: LoadPlan, _ length: Duration) -> [PlannedRequest] {
    Schedule.users(plan, length: length, seed: 1, name: "w").requests.filter { $0.user < plan.users }
  }

  @Test func nothingIsLeftOutByChance() {
    var plan = Self.plan
    plan.rate = 0.1
    plan.mix = Dictionary(uniqueKeysWithValues: DrillCore.Operation.allCases.map { ($0, 1) })
    let requests = Schedule.users(plan, length: .seconds(3), seed: 1, name: "w").requests
    let routes = DrillCore.Operation.allCases.filter { $0 != .stock && $0 != .reserve }
    for route in routes { #expect(requests.count { $0.operation == route && $0.user == plan.users } == 2) }
    #expect(requests.map(\.at) == requests.map(\.at).sorted())
    #expect((requests.last?.at ?? 0) < 3_000_000_000)
  }

  @Test func theSeedFixesIt() {
    let one = Schedule.users(Self.plan, length: .seconds(10), seed: 7, name: "w")
    #expect(one == Schedule.users(Self.plan, length: .seconds(10), seed: 7, name: "w"))
    #expect(one != Schedule.users(Self.plan, length: .seconds(10), seed: 8, name: "w"))
    #expect(one != Schedule.users(Self.plan, length: .seconds(10), seed: 7, name: "x"))
  }

  @Test func poissonArrivalsKeepRateAndSpread() {
    let times = Self.drawn(Self.plan, .seconds(100)).map(\.at)
    #expect((9_500...10_500).contains(times.count))
    #expect(times == times.sorted())
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e9 }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
    // An exponential distribution has a standard deviation like its mean.
    #expect(abs(variance.squareRoot() / mean - 1) < 0.05)
  }

  /// What a stretch of two seconds holds must not be left to chance where a few orders more or less decide.
  @Test func aMetronomeDealsOperationsEvenly() {
    let weights: [DrillCore.Operation: Int] = [.order: 60, .product: 30, .browse: 10]
    for seed in 1...5 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed, name: "even")
      var even = EvenChoice(weights, &random)
      let dealt = (0..<1000).compactMap { _ in even.pick() }
      #expect(dealt.count == 1000)
      for start in stride(from: 0, to: 990, by: 7) {
        let ten = dealt[start..<(start + 10)]
        #expect(ten.count { $0 == .order } == 6 && ten.count { $0 == .product } == 3)
      }
    }
    var random = SeededRandom(seed: 1, name: "even")
    var none = EvenChoice([:], &random)
    #expect(none.pick() == nil)
  }

  @Test func constantArrivalsAreAMetronome() {
    var plan = Self.plan
    plan.arrival = .constant
    let times = Self.drawn(plan, .seconds(1)).map(\.at)
    #expect(times.count == 100)
    #expect(times[7] == 70_000_000)
  }

  @Test func theMixAndZipfAreKept() {
    let requests = Self.drawn(Self.plan, .seconds(100))
    let share = Double(requests.count { $0.operation == .product }) / Double(requests.count)
    #expect(abs(share - 0.5) < 0.03)
    var counts: [String: Int] = [:]
    for request in requests where request.operation != .order { counts[request.items[0].sku, default: 0] += 1 }
    let sorted = counts.values.sorted(by: >)
    // Of 50 products under Zipf's law the first has 1/H(50) = 22 % and twice as much as the second.
    #expect(abs(Double(sorted[0]) / Double(sorted.reduce(0, +)) - 0.222) < 0.03)
    #expect(abs(Double(sorted[0]) / Double(sorted[1]) - 2) < 0.4)
    #expect(requests.allSatisfy { Set($0.items.map(\.sku)).count == $0.items.count })
    #expect(Set(requests.map(\.id)).count == requests.count)
  }

  @Test func aSweepVisitsEverybodyInEachRound() {
    let targets = (1...101).map { PlannedRequest.Target(name: "i-\($0)", authority: "127.0.0.1:\($0)") }
    let plan = SweepPlan(service: "i", rate: 150, operations: [.stock, .reserve], patience: .seconds(1))
    let schedule = Schedule.sweep(
      plan, targets: targets, read: ["R"], reserve: ["W"], length: .seconds(10), seed: 1, name: "s")
    #expect(schedule.requests.count == 1500)
    for round in 0..<14 {
      let visits = schedule.requests[(round * 101)..<(round * 101 + 101)]
      #expect(Set(visits.map { $0.target?.name }).count == 101)
      #expect(Set(visits.map(\.operation)) == [round % 2 == 0 ? .stock : .reserve])
      #expect(Set(visits.flatMap { $0.items.map(\.sku) }) == [round % 2 == 0 ? "R" : "W"])
    }
    #expect(schedule.requests[0..<101].map { $0.target?.name } != schedule.requests[101..<202].map { $0.target?.name })
    #expect(
      Schedule.sweep(plan, targets: [], read: [], reserve: [], length: .seconds(1), seed: 1, name: "s").requests.isEmpty
    )
  }
}

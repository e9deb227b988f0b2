import DrillCore
import Load
import Testing

@Suite struct TrafficPlanTests {
  static let plan = LoadPlan(
    rate: 100, arrival: .poisson, users: 5, products: 50, zipf: 1, patience: .seconds(1), inFlight: 10, echo: [],
    mix: [.product: 1, .productHot: 1, .order: 2, .orderUnknown: 1], hot: HotPlan(count: 4, share: 0.6),
    cart: CartPlan(lines: 3...5, quantity: 2))
  static let follow = FollowPlan(
    count: 40, delays: .milliseconds(50)...(.milliseconds(2050)), patience: .seconds(1))

  private static func drawn(_ plan: LoadPlan, seed: UInt64 = 1) -> [PlannedRequest] {
    Schedule.users(plan, length: .seconds(100), seed: seed, name: "w").requests
  }

  @Test func hotProductsGetTheirShareOfPages() {
    let hot = Set(Schedule.hotProducts(of: Self.plan, seed: 1))
    #expect(hot.count == 4 && hot.isSubset(of: Set(Products(seed: 1).users.prefix(50))))
    #expect(hot == Set(Schedule.hotProducts(of: Self.plan, seed: 1)))
    #expect(hot != Set(Schedule.hotProducts(of: Self.plan, seed: 2)))
    let pages = Self.drawn(Self.plan).filter { $0.operation == .product }
    let share = Double(pages.count { hot.contains($0.items[0].sku) }) / Double(pages.count)
    #expect(abs(share - 0.6) < 0.05)
    let hotPages = Self.drawn(Self.plan).filter { $0.operation == .productHot }
    #expect(Set(hotPages.map { $0.items[0].sku }) == hot)
  }

  @Test func hotProductsAreTheUsersOfTheSeedInEveryStream() {
    let other = Schedule.users(Self.plan, length: .seconds(100), seed: 1, name: "other").requests
    let pages = other.filter { $0.operation == .productHot }
    #expect(Set(pages.map { $0.items[0].sku }) == Set(Schedule.hotProducts(of: Self.plan, seed: 1)))
  }

  @Test func usersWhoComeAgainWantTheSameUnderOtherIDs() {
    func pages(seed: UInt64, popularity: UInt64) -> (skus: Set<String>, ids: Set<String>, times: [Int64]) {
      let drawn = Schedule.users(
        Self.plan, length: .seconds(20), seed: seed, popularity: popularity, name: "w"
      ).requests
      let hot = drawn.filter { $0.operation == .productHot }
      return (Set(hot.map { $0.items[0].sku }), Set(drawn.map(\.id)), drawn.map(\.at))
    }
    let (one, other) = (pages(seed: 5, popularity: 1), pages(seed: 6, popularity: 1))
    #expect(one.skus == Set(Schedule.hotProducts(of: Self.plan, seed: 1)))
    #expect(one.skus == other.skus)
    #expect(one.ids.isDisjoint(with: other.ids))
    #expect(one.times != other.times)
    #expect(pages(seed: 5, popularity: 2).skus == Set(Schedule.hotProducts(of: Self.plan, seed: 2)))
  }

  @Test func withoutHotOnesTheMostPopularIsHot() {
    var plan = Self.plan
    plan.hot = nil
    #expect(Schedule.hotProducts(of: plan, seed: 1).isEmpty)
    let pages = Self.drawn(plan).filter { $0.operation == .productHot }
    #expect(Set(pages.map { $0.items[0].sku }) == [Products(seed: 1).users[0]])
  }

  @Test func cartsHaveDistinctLinesInRandomOrder() {
    let carts = Self.drawn(Self.plan).filter { $0.operation == .order }.map(\.items)
    #expect(Set(carts.map(\.count)) == [3, 4, 5])
    #expect(carts.allSatisfy { Set($0.map(\.sku)).count == $0.count })
    #expect(Set(carts.flatMap { $0.map(\.quantity) }) == [1, 2])
    let hot = Schedule.hotProducts(of: Self.plan, seed: 1)
    func before(_ one: String, _ other: String) -> Int {
      carts.count { cart in
        guard let first = cart.firstIndex(where: { $0.sku == one }) else { return false }
        return cart[first...].contains { $0.sku == other }
      }
    }
    let (there, back) = (before(hot[0], hot[1]), before(hot[1], hot[0]))
    #expect(there > 200 && back > 200)
    #expect(abs(Double(there) / Double(there + back) - 0.5) < 0.06)
    let lines = carts.flatMap { $0 }
    let share = Double(lines.count { hot.contains($0.sku) }) / Double(lines.count)
    #expect((0.5...0.62).contains(share))
  }

  @Test func aShopOfHotProductsOnlyHasNoMoreThanThose() {
    var plan = Self.plan
    plan.products = 2
    let carts = Self.drawn(plan).filter { $0.operation == .order }.map(\.items)
    #expect(carts.allSatisfy { $0.count == 2 && $0[0].sku != $0[1].sku })
  }

  @Test func theSeedFixesHotAndCarts() {
    #expect(Self.drawn(Self.plan) == Self.drawn(Self.plan))
    #expect(Self.drawn(Self.plan) != Self.drawn(Self.plan, seed: 2))
    let unknown = Self.drawn(Self.plan).filter { $0.operation == .orderUnknown }
    #expect(Set(unknown.map(\.id)).count == unknown.count && unknown.count > 1000)
  }

  /// Without the new keys a plan gives what it always gave, to the last byte: reports of old stay comparable.
  @Test func aPlanOfOldStaysAsItWas() {
    let requests = Schedule.users(ScheduleTests.plan, length: .seconds(20), seed: 7, name: "w").requests
    let text = requests.map { request in
      let items = request.items.map { "\($0.sku)x\($0.quantity)" }.joined(separator: "+")
      return "\(request.at) \(request.user) \(request.operation.rawValue) \(items) \(request.id)"
    }
    let hash = text.joined(separator: "\n").utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
    }
    #expect(hash == 4_616_510_220_861_469_203)
  }

  @Test func everyPartOfTheDelaysIsMetOnce() {
    let one = FollowSchedule(Self.follow, load: Self.plan, length: .seconds(30), seed: 1, name: "f")
    let slices = one.sessions.map { ($0.delay - 50_000_000) / 50_000_000 }
    #expect(slices.sorted() == (0..<40).map { Int64($0) })
    #expect(slices != slices.sorted())
    #expect(Set(one.sessions.map(\.delay)).count == 40)
    // One comes in each part of the window, which ends the longest delay before the end.
    let part = (30_000_000_000 - 2_050_000_000) / 40.0
    #expect(one.sessions.map { Int(Double($0.at) / part) } == Array(0..<40))
    #expect(Set(one.sessions.enumerated().map { $1.at - Int64(Double($0) * part) }).count > 30)
    #expect(one.sessions.allSatisfy { (3...5).contains($0.items.count) })
    #expect(Set(one.sessions.map(\.id)).count == 40)
  }

  @Test func theSeedFixesFollowUps() {
    func schedule(_ seed: UInt64, _ name: String) -> FollowSchedule {
      FollowSchedule(Self.follow, load: Self.plan, length: .seconds(30), seed: seed, name: name)
    }
    #expect(schedule(1, "f") == schedule(1, "f"))
    #expect(schedule(1, "f") != schedule(2, "f") && schedule(1, "f") != schedule(1, "g"))
    #expect(schedule(1, "f").sessions.map(\.delay) != schedule(2, "f").sessions.map(\.delay))
  }

  @Test func aFewFollowUpsAreTwenty() {
    var plan = Self.follow
    plan.count = 3
    let few = FollowSchedule(plan, load: Self.plan, length: .seconds(1), seed: 1, name: "f")
    #expect(few.sessions.count == 20 && Set(few.sessions.map(\.delay)).count == 20)
    #expect(few.sessions.allSatisfy { $0.at < 500_000_000 })
  }
}

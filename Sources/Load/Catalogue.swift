import DrillCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The products of the shop by popularity: Zipf's law over a permutation that the seed draws, and above it a few hot
/// ones, where the plan has some.
struct Catalogue {
  /// The hot ones; empty without a plan for them.
  let hot: [String]
  private let share: Double
  private let skus: [String]
  private let cumulative: [Double]

  /// `products` of those that the seed deals to the users, 400 at most; `zipf` is the law's exponent, 0 for all alike.
  /// `goods` takes the place of the users' products.
  init(products: Int, zipf: Double, hot: HotPlan?, seed: UInt64, goods: [String]? = nil) {
    let all = goods ?? Array(Products(seed: seed).users.prefix(max(products, 1)))
    // Drawn by the seed alone: every stream of a grade has the same hot ones.
    var draw = SeededRandom(seed: seed, name: "hot")
    let hottest = hot.map { Array(draw.shuffled(all).prefix(max($0.count, 1))) } ?? []
    let others = all.filter { !hottest.contains($0) }
    self.hot = hottest
    share = others.isEmpty ? 1 : hot?.share ?? 0
    skus = others
    var sum = 0.0
    cumulative = others.indices.map { index in
      sum += 1 / pow(Double(index + 1), zipf)
      return sum
    }
  }

  /// A product, popular ones more often.
  func pick(_ random: inout SeededRandom) -> String {
    // Without hot ones nothing is drawn for them: a plan of old gives the schedule of old.
    if !hot.isEmpty, random.unit() < share { return pickHot(&random) }
    let goal = random.unit() * (cumulative.last ?? 0)
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > goal { high = middle } else { low = middle + 1 }
    }
    return skus[low]
  }

  /// One of the hot products, each as likely; without any the most popular one.
  func pickHot(_ random: inout SeededRandom) -> String { random.pick(hot) ?? skus.first ?? "SKU-0001" }

  /// `count` different products in random order, hot ones by their share as far as there are enough of them; fewer when
  /// the shop has no more.
  func pick(_ count: Int, _ random: inout SeededRandom) -> [String] {
    var chosen: [String] = []
    for _ in 0..<min(max(count, 1), hot.count + skus.count) {
      let warm = !hot.isEmpty && random.unit() < share
      let left = (warm ? hot : []).filter { !chosen.contains($0) }
      if let sku = random.pick(left) ?? other(than: chosen, &random) { chosen.append(sku) }
    }
    return random.shuffled(chosen)
  }

  /// A product that is not hot and not in `chosen`, popular ones more often; a hot one when there is no other left.
  private func other(than chosen: [String], _ random: inout SeededRandom) -> String? {
    let left = skus.indices.filter { !chosen.contains(skus[$0]) }
    guard !left.isEmpty else { return random.pick(hot.filter { !chosen.contains($0) }) }
    func weight(_ index: Int) -> Double { cumulative[index] - (index > 0 ? cumulative[index - 1] : 0) }
    var goal = random.unit() * left.reduce(0) { $0 + weight($1) }
    for index in left {
      goal -= weight(index)
      if goal < 0 { return skus[index] }
    }
    return left.last.map { skus[$0] }
  }
}

/// What users put into their carts and look at.
struct Shopping {
  private let catalogue: Catalogue
  private let cart: CartPlan?

  init(_ plan: LoadPlan, seed: UInt64, goods: [String]? = nil) {
    catalogue = Catalogue(
      products: plan.products, zipf: plan.zipf, hot: goods == nil ? plan.hot : nil, seed: seed, goods: goods)
    cart = plan.cart
  }

  /// The hot products.
  var hot: [String] { catalogue.hot }

  /// What a request of `operation` is about: a cart for an order, with a plan for carts also for a reservation, and one
  /// product for everything else.
  func items(for operation: DrillCore.Operation, _ random: inout SeededRandom) -> [PlannedRequest.Item] {
    if let cart, operation == .order || operation == .reserve {
      let count = cart.lines.lowerBound + random.below(cart.lines.count)
      return catalogue.pick(count, &random).map { .init(sku: $0, quantity: 1 + random.below(cart.quantity)) }
    }
    var items: [PlannedRequest.Item] = []
    for _ in 0..<(operation == .order ? 1 + random.below(3) : 1) {
      let sku = product(for: operation, &random)
      // A cart names each product once.
      guard !items.contains(where: { $0.sku == sku }) else { continue }
      items.append(PlannedRequest.Item(sku: sku, quantity: 1 + random.below(3)))
    }
    return items
  }

  /// One line for `operation`.
  func item(for operation: DrillCore.Operation, _ random: inout SeededRandom) -> PlannedRequest.Item {
    PlannedRequest.Item(sku: product(for: operation, &random), quantity: 1 + random.below(3))
  }

  private func product(for operation: DrillCore.Operation, _ random: inout SeededRandom) -> String {
    operation == .productHot ? catalogue.pickHot(&random) : catalogue.pick(&random)
  }
}

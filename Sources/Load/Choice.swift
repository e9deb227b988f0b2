import DrillCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The products of the shop by popularity: Zipf's law over a permutation that the seed draws.
struct Catalogue {
  private let skus: [String]
  private let cumulative: [Double]

  /// `products` of those that the seed deals to the users, 400 at most; `zipf` is the law's exponent, 0 for all alike.
  init(products: Int, zipf: Double, seed: UInt64) {
    skus = Array(Products(seed: seed).users.prefix(max(products, 1)))
    var sum = 0.0
    cumulative = (1...skus.count).map { rank in
      sum += 1 / pow(Double(rank), zipf)
      return sum
    }
  }

  /// A product, popular ones more often.
  func pick(_ random: inout SeededRandom) -> String {
    let goal = random.unit() * (cumulative.last ?? 0)
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > goal { high = middle } else { low = middle + 1 }
    }
    return skus[low]
  }
}

/// A choice among operations by weight. The order is that of `Operation.allCases`, never that of a dictionary.
struct WeightedChoice {
  private let items: [(operation: DrillCore.Operation, until: Int)]

  init(_ weights: [DrillCore.Operation: Int]) {
    var sum = 0
    var items: [(DrillCore.Operation, Int)] = []
    for operation in DrillCore.Operation.allCases {
      guard let weight = weights[operation], weight > 0 else { continue }
      sum += weight
      items.append((operation, sum))
    }
    self.items = items
  }

  func pick(_ random: inout SeededRandom) -> DrillCore.Operation? {
    guard let total = items.last?.until else { return nil }
    let goal = random.below(total)
    return items.first { goal < $0.until }?.operation
  }
}

func naturalLogarithm(_ value: Double) -> Double { log(value) }

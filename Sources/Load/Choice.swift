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

  /// The first `products` SKUs; `zipf` is the law's exponent, 0 for all alike.
  init(products: Int, zipf: Double, seed: UInt64) {
    var order = SeededRandom(seed: seed, name: "catalogue")
    skus = order.shuffled((1...max(products, 1)).map(Self.sku))
    var sum = 0.0
    cumulative = (1...max(products, 1)).map { rank in
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

  /// `SKU-0007` for 7.
  static func sku(_ number: Int) -> String {
    let digits = String(number)
    return "SKU-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
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

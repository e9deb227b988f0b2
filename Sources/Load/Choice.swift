import DrillCore

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

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

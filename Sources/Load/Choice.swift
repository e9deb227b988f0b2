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

/// Operations dealt evenly, each as often as its weight says in any stretch: of ten requests at six to four six.
///
/// For a metronome's load. Where six orders a second bring a shop down and four do not, it may not be left to chance
/// how many there are in the two seconds that count. (Smooth weighted round robin, from a place that the seed draws.)
struct EvenChoice {
  private var items: [(operation: DrillCore.Operation, weight: Int, credit: Int)] = []
  private let total: Int

  init(_ weights: [DrillCore.Operation: Int], _ random: inout SeededRandom) {
    for operation in DrillCore.Operation.allCases {
      guard let weight = weights[operation], weight > 0 else { continue }
      items.append((operation, weight, 0))
    }
    total = items.reduce(0) { $0 + $1.weight }
    for _ in 0..<random.below(max(1, total)) { _ = pick() }
  }

  mutating func pick() -> DrillCore.Operation? {
    for index in items.indices { items[index].credit += items[index].weight }
    guard let best = items.indices.max(by: { items[$0].credit < items[$1].credit }) else { return nil }
    items[best].credit -= total
    return items[best].operation
  }
}

func naturalLogarithm(_ value: Double) -> Double { log(value) }

import StableHash

/// Decisions that the seed fixes: each is a hash of (seed, name, index), so that one more decision somewhere changes
/// none of the others, and the same seed gives the same schedule on every machine and in every release.
///
/// The hash is SplitMix64 over FNV-1a of the name.
public struct SeededRandom: Sendable {
  private let base: UInt64
  private var index: UInt64 = 0

  /// The decisions called `name` under `seed`.
  public init(seed: UInt64, name: String) {
    base = StableHash.mix(seed) ^ StableHash.of(name)
  }

  /// The decision number `index`, without regard to those before it.
  public func value(at index: UInt64) -> UInt64 {
    StableHash.mix(base &+ (index &+ 1) &* StableHash.step)
  }

  /// The next decision.
  public mutating func next() -> UInt64 {
    defer { index += 1 }
    return value(at: index)
  }

  /// A number in `0..<bound`, each as likely (Lemire's multiplication, with rejection); 0 for a bound of 0 or less.
  public mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let limit = UInt64(bound)
    let threshold = (0 &- limit) % limit
    while true {
      let product = next().multipliedFullWidth(by: limit)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// A number in `0..<1`, of 53 bits.
  public mutating func unit() -> Double { StableHash.share(next()) }

  /// `items` in an order drawn from the seed (Fisher and Yates).
  public mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var result = items
    for last in stride(from: result.count - 1, to: 0, by: -1) {
      result.swapAt(last, below(last + 1))
    }
    return result
  }

  /// One of `items`; `nil` when there are none.
  public mutating func pick<Item>(_ items: [Item]) -> Item? {
    items.isEmpty ? nil : items[below(items.count)]
  }

  /// Sixteen bytes as a version 4 UUID in lower case.
  public mutating func uuid() -> String {
    let high = (next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
    let low = (next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    let digits = Array(Self.hex(high) + Self.hex(low))
    let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return cuts.map { String(digits[$0]) }.joined(separator: "-")
  }

  private static func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

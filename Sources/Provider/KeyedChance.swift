import StableHash

/// Chance that a seed and a key fix, so that the same seed takes the same keys in whatever order they come.
enum KeyedChance {
  /// A number from 0 to below 1.
  static func unit(seed: Int64, key: String) -> Double {
    let salt = StableHash.mix(UInt64(bitPattern: seed) &+ StableHash.step)
    return StableHash.share(StableHash.mix(StableHash.of(key) ^ salt))
  }
}

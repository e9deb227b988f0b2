/// Chance that a seed and a key fix, so that the same seed takes the same keys in whatever order they come.
enum KeyedChance {
  /// A number from 0 to below 1: SplitMix64's finalizer over FNV-1a of the key.
  static func unit(seed: Int64, key: String) -> Double {
    let hash = key.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    let mixed = mix(hash ^ mix(UInt64(bitPattern: seed) &+ 0x9E37_79B9_7F4A_7C15))
    return Double(mixed >> 11) * 0x1p-53
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Chance that can be repeated: a hash of what is decided about, never a generator that others draw from too.
enum Draw {
  /// A share from 0 up to, not including, 1.
  static func share(seed: UInt64, id: String, index: Int) -> Double {
    share(mix(salt(seed: seed, id: id) ^ mix(UInt64(bitPattern: Int64(index)) &+ 0x9E37_79B9_7F4A_7C15)))
  }

  /// A share from -1 to 1 for a piece of a stream.
  static func swing(salt: UInt64, piece: UInt64) -> Double {
    share(mix(salt ^ mix(piece &+ 0x9E37_79B9_7F4A_7C15))) * 2 - 1
  }

  /// What a toxic's draws have in common: FNV-1a over its id (draft-eastlake-fnv, section 2), mixed with the seed.
  static func salt(seed: UInt64, id: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return mix(hash ^ mix(seed))
  }

  private static func share(_ hash: UInt64) -> Double { Double(hash >> 11) * 0x1p-53 }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

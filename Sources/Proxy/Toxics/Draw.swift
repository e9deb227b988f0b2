import StableHash

/// Chance that can be repeated: a hash of what is decided about, never a generator that others draw from too.
enum Draw {
  /// A share from 0 up to, not including, 1.
  static func share(seed: UInt64, id: String, index: Int) -> Double {
    let place = StableHash.mix(UInt64(bitPattern: Int64(index)) &+ StableHash.step)
    return StableHash.share(StableHash.mix(salt(seed: seed, id: id) ^ place))
  }

  /// A share from -1 to 1 for a piece of a stream.
  static func swing(salt: UInt64, piece: UInt64) -> Double {
    StableHash.share(StableHash.mix(salt ^ StableHash.mix(piece &+ StableHash.step))) * 2 - 1
  }

  /// What a toxic's draws have in common: its id, mixed with the seed.
  static func salt(seed: UInt64, id: String) -> UInt64 { StableHash.mix(StableHash.of(id) ^ StableHash.mix(seed)) }
}

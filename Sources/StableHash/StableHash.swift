/// Hashes that are the same on every machine and in every release: what a seed has decided once, it decides for ever.
///
/// Nothing of the standard library's own hashing or randomness is used: its algorithms may change.
public enum StableHash {
  /// What SplitMix64 adds from one number to the next.
  public static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
  public static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// FNV-1a of 64 bits (draft-eastlake-fnv, section 2).
  public static func of(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }

  /// A number in `0..<1`, of the upper 53 bits.
  public static func share(_ hash: UInt64) -> Double { Double(hash >> 11) * 0x1p-53 }
}

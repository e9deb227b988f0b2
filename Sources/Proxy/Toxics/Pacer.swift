/// Spreads bytes over time so that a rate holds on average. It takes small sips, and makes up for at most 20 ms of
/// lateness: that is what timers and a busy machine cost, not what an idle stream saves up.
struct Pacer {
  private static let grace: UInt64 = 20_000_000
  /// When the next byte may go (monotonic, ns).
  private(set) var next: UInt64 = 0

  /// How many bytes one sip may have at a rate: what passes in 10 ms.
  static func sip(at bytesPerSecond: Int) -> Int { min(max(1, bytesPerSecond / 100), 1 << 16) }

  /// Notes that bytes went.
  mutating func spend(_ bytes: Int, at bytesPerSecond: Int, now: UInt64) {
    let earliest = now > Self.grace ? now - Self.grace : 0
    next = max(next, earliest) + UInt64(Double(bytes) / Double(bytesPerSecond) * 1e9)
  }

  /// Forgets what was spent: the rate has changed.
  mutating func restart() { next = 0 }
}

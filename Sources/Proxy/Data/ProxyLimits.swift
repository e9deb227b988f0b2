/// What bounds the proxy's memory.
///
/// A direction holds at most `window` bytes, or `delayWindow` while a latency toxic is on; once all directions together
/// hold more than `heldBytes`, each takes no more than `scarceWindow`. What doesn't fit stays with its sender.
public struct ProxyLimits: Sendable, Equatable {
  /// Connections at once.
  public var maxConnections = 16_384
  /// How long looking up and dialling the target may take, in nanoseconds.
  public var connectTimeout: UInt64 = 5_000_000_000
  /// Bytes of one direction.
  public var window = 1 << 14
  /// Bytes of one direction while it is delayed.
  public var delayWindow = 1 << 18
  /// Bytes of all directions from which on they are scarce.
  public var heldBytes = 64 << 20
  /// Bytes of one direction when they are scarce.
  public var scarceWindow = 1 << 13

  /// The usual limits.
  public init() {}
}

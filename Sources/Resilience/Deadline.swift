/// When the answer to a call stops being of use. It is handed down from caller to callee as the time left, because
/// clocks of different machines don't agree: as gRPC's `grpc-timeout` and Envoy's `x-envoy-expected-rq-timeout-ms` do.
public struct Deadline: Sendable, Hashable, Comparable {
  /// The time.
  public typealias Instant = ContinuousClock.Instant

  /// The moment.
  public var instant: Instant

  /// A deadline at a moment.
  public init(_ instant: Instant) {
    self.instant = instant
  }

  /// A deadline so much later than `now`.
  public init(in duration: Duration, from now: Instant) {
    instant = now + duration
  }

  /// Reads the time left in whole milliseconds, 0 to 8 digits as `grpc-timeout` allows; nil when it isn't that.
  public init?(millisecondsLeft text: some StringProtocol, receivedAt now: Instant) {
    guard (1...8).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let left = Int(text)
    else { return nil }
    self.init(in: .milliseconds(left), from: now)
  }

  /// The time left; zero when none is.
  public func left(at now: Instant) -> Duration { max(.zero, instant - now) }

  /// Whether none is left.
  public func hasPassed(at now: Instant) -> Bool { instant <= now }

  /// The time left in whole milliseconds, rounded down: a callee must never believe it has more than there is.
  public func millisecondsLeft(at now: Instant) -> String {
    let (seconds, attoseconds) = left(at: now).components
    return String(min(99_999_999, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
  }

  /// The earlier one comes first.
  public static func < (left: Self, right: Self) -> Bool { left.instant < right.instant }

  /// The earlier of those that are there.
  public static func earliest(_ deadlines: Deadline?...) -> Deadline? { deadlines.compactMap { $0 }.min() }
}

/// Lets a replica into the rotation while what it has applied is fresh. Closed until the first measurement: what hasn't
/// been measured isn't known to be fresh.
///
/// It closes at the first lag that is too large, and opens again after two good ones in a row, so that a replica that
/// catches up in steps doesn't come and go.
struct FreshnessGate {
  typealias Instant = ContinuousClock.Instant

  /// The greatest lag to be let in with.
  let maxLag: Duration
  /// Whether the replica is in rotation.
  private(set) var isOpen = false
  private var last: (lag: Duration, at: Instant)?
  private var goodInRow = 0
  private var missedInRow = 0
  private var hasClosed = false

  init(maxLag: Duration) {
    self.maxLag = maxLag
  }

  /// The replica was measured.
  mutating func measured(_ lag: Duration, at now: Instant) {
    last = (lag, now)
    missedInRow = 0
    guard lag <= maxLag else {
      close()
      return
    }
    goodInRow += 1
    if goodInRow >= (hasClosed ? 2 : 1) { isOpen = true }
  }

  /// The replica could not be measured.
  mutating func missed(at now: Instant) {
    missedInRow += 1
    goodInRow = 0
    // One missed look may be our own fault.
    if missedInRow >= 2 || lag(at: now).map({ $0 > maxLag }) ?? true { close() }
  }

  /// How old what the replica has may be by now; nil: never measured.
  func lag(at now: Instant) -> Duration? {
    guard let last else { return nil }
    return missedInRow == 0 ? last.lag : last.lag + last.at.duration(to: now)
  }

  private mutating func close() {
    isOpen = false
    goodInRow = 0
    hasClosed = true
  }
}

/// The newest heartbeat as the primary showed it. Both times are the primary's, so no other clock needs to be right.
struct PrimaryBeat: Sendable {
  /// When the heartbeat was written, in microseconds of the primary's clock.
  var written: Int64
  /// The primary's clock when it was read.
  var clock: Int64
  /// Our clock when it was read.
  var seen: ContinuousClock.Instant

  /// How old what a replica has is that shows a heartbeat `written` then: nothing when it is the newest, else its age.
  func lag(of written: Int64, at now: ContinuousClock.Instant) -> Duration {
    guard written < self.written else { return .zero }
    return .microseconds(max(0, clock - written)) + seen.duration(to: now)
  }
}

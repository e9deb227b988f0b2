/// Stops calling what fails, and tries it again after a while: the states, rates and words of Resilience4j.
///
/// Closed, it lets every call through and watches the rates of failed and of slow calls; when one of them reaches its
/// threshold it opens. Open, it lets nothing through until its wait is over; half-open, it lets so many calls through
/// and decides by their rates. What a call of an earlier state brings doesn't count in a later one.
public struct CircuitBreaker: Sendable {
  /// What it goes by.
  public struct Settings: Sendable, Equatable {
    /// What the rates are taken over.
    public enum Window: Sendable, Equatable {
      /// The last so many calls.
      case calls(Int)
      /// The calls of the last so much time.
      case time(Duration)
    }

    /// The percentage of failed calls that opens it (above 0 to 100); nil: failures don't.
    public var failureRateThreshold: Double?
    /// The percentage of slow calls that opens it (above 0 to 100); nil: slow calls don't.
    public var slowCallRateThreshold: Double?
    /// A call that takes longer is slow.
    public var slowCallDurationThreshold: Duration
    /// What the rates are taken over.
    public var slidingWindow: Window
    /// Below so many calls rates say nothing; never more than a window of calls holds.
    public var minimumNumberOfCalls: Int
    /// How long it stays open.
    public var waitDurationInOpenState: Duration
    /// How many calls decide when it is half-open.
    public var permittedCallsInHalfOpenState: Int

    /// Settings of a breaker.
    public init(
      failureRateThreshold: Double? = 50, slowCallRateThreshold: Double? = nil,
      slowCallDurationThreshold: Duration = .seconds(60), slidingWindow: Window = .calls(100),
      minimumNumberOfCalls: Int = 100, waitDurationInOpenState: Duration = .seconds(60),
      permittedCallsInHalfOpenState: Int = 10
    ) {
      self.failureRateThreshold = failureRateThreshold
      self.slowCallRateThreshold = slowCallRateThreshold
      self.slowCallDurationThreshold = slowCallDurationThreshold
      self.slidingWindow = slidingWindow
      self.minimumNumberOfCalls = max(1, minimumNumberOfCalls)
      if case .calls(let size) = slidingWindow { self.minimumNumberOfCalls = min(self.minimumNumberOfCalls, size) }
      self.waitDurationInOpenState = waitDurationInOpenState
      self.permittedCallsInHalfOpenState = max(1, permittedCallsInHalfOpenState)
    }
  }

  /// The time.
  public typealias Instant = ContinuousClock.Instant

  /// The states.
  public enum State: String, CaseIterable, Sendable {
    /// Everything passes.
    case closed
    /// Nothing passes.
    case open
    /// Some pass, to find out.
    case halfOpen = "half_open"
  }

  /// Leave to make one call; to be given back with what became of it.
  public struct Permit: Sendable, Equatable {
    fileprivate var generation: UInt64
  }

  /// What it goes by.
  public let settings: Settings
  /// Its state. An open breaker becomes half-open when the first call after its wait asks.
  public private(set) var state = State.closed
  /// Grows with each change of state, so that late results are known as such.
  private var generation: UInt64 = 0
  private var openedAt: Instant?
  private var window: CallWindow
  /// How many more calls may pass while half-open.
  private var permitsLeft = 0

  /// A closed breaker.
  public init(_ settings: Settings) {
    self.settings = settings
    window = CallWindow(settings.slidingWindow)
  }

  /// Asks whether a call may be made.
  /// - Returns: nil when it may not.
  public mutating func acquire(at now: Instant) -> Permit? {
    if state == .open, let openedAt, now - openedAt >= settings.waitDurationInOpenState { become(.halfOpen, at: now) }
    switch state {
    case .closed: break
    case .open: return nil
    case .halfOpen:
      guard permitsLeft > 0 else { return nil }
      permitsLeft -= 1
    }
    return Permit(generation: generation)
  }

  /// A call ended.
  /// - Parameter duration: how long it took.
  public mutating func record(_ permit: Permit, failed: Bool, duration: Duration, at now: Instant) {
    guard permit.generation == generation else { return }
    window.record(failed: failed, slow: duration > settings.slowCallDurationThreshold, at: now)
    let counts = window.counts(at: now)
    let needed = state == .halfOpen ? settings.permittedCallsInHalfOpenState : settings.minimumNumberOfCalls
    guard counts.calls >= needed else { return }
    if exceeds(counts.failed, of: counts.calls, settings.failureRateThreshold)
      || exceeds(counts.slow, of: counts.calls, settings.slowCallRateThreshold)
    {
      become(.open, at: now)
    } else if state == .halfOpen {
      become(.closed, at: now)
    }
  }

  /// A call wasn't made after all, or was given up for reasons of the caller's own: it says nothing.
  public mutating func release(_ permit: Permit) {
    guard permit.generation == generation, state == .halfOpen else { return }
    permitsLeft += 1
  }

  /// After how long an open breaker lets something through again; zero when it isn't open.
  public func waitLeft(at now: Instant) -> Duration {
    guard state == .open, let openedAt else { return .zero }
    return max(.zero, settings.waitDurationInOpenState - (now - openedAt))
  }

  private func exceeds(_ count: Int, of calls: Int, _ threshold: Double?) -> Bool {
    guard let threshold else { return false }
    return Double(count) * 100 >= threshold * Double(calls)
  }

  private mutating func become(_ next: State, at now: Instant) {
    state = next
    generation += 1
    openedAt = next == .open ? now : nil
    permitsLeft = next == .halfOpen ? settings.permittedCallsInHalfOpenState : 0
    window =
      next == .halfOpen
      ? CallWindow(.calls(settings.permittedCallsInHalfOpenState)) : CallWindow(settings.slidingWindow)
  }
}

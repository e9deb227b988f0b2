/// Bounds repetitions by a share of the calls of the last seconds, so that they can't multiply the load of a callee
/// that fails altogether: the budget of Finagle and Linkerd, over a sliding window.
///
/// Within the window no more is repeated than `ratio` of the calls made, and `minPerSecond` for each second of it.
public struct RetryBudget: Sendable {
  /// What it is made of.
  public struct Settings: Sendable, Equatable {
    /// How many repetitions each call adds to the budget: 0.1 allows one for every ten calls.
    public var ratio: Double
    /// How many repetitions a second are allowed whatever the calls, for those who call seldom.
    public var minPerSecond: Double
    /// For how long calls and repetitions count.
    public var window: Duration

    /// A budget.
    public init(ratio: Double, minPerSecond: Double = 0, window: Duration = .seconds(10)) {
      self.ratio = max(0, ratio)
      self.minPerSecond = max(0, minPerSecond)
      self.window = max(.milliseconds(1), window)
    }
  }

  /// The time.
  public typealias Instant = ContinuousClock.Instant

  private struct Counts: Sendable {
    var calls = 0
    var retries = 0

    static func + (left: Self, right: Self) -> Self {
      Counts(calls: left.calls + right.calls, retries: left.retries + right.retries)
    }
  }

  /// What it is made of.
  public let settings: Settings
  private var window: SlidingTime<Counts>

  /// A budget without history.
  public init(_ settings: Settings) {
    self.settings = settings
    window = SlidingTime(span: settings.window, slices: 10, empty: Counts())
  }

  /// A call is made for the first time.
  public mutating func recordCall(at now: Instant) {
    window.update(at: now) { $0.calls += 1 }
  }

  /// Takes one repetition from the budget.
  /// - Returns: false when there is none left.
  public mutating func tryRetry(at now: Instant) -> Bool {
    guard balance(at: now) >= 1 else { return false }
    window.update(at: now) { $0.retries += 1 }
    return true
  }

  /// How many repetitions are left.
  public mutating func balance(at now: Instant) -> Double {
    let sum = window.total(at: now, +)
    let seconds = settings.window.inSeconds
    // Shares such as 0.1 have no exact binary form: ten times a tenth must count as one.
    return settings.ratio * Double(sum.calls) + settings.minPerSecond * seconds - Double(sum.retries) + 1e-9
  }
}

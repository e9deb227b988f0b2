public import Resilience

/// What a service takes on. `<P>` is the service's name in capitals. By default it takes on everything.
///
/// - `<P>_MAX_CONCURRENT_REQUESTS` (requests, default 0: any number): how many are worked on at once. Who is turned
///   away gets 503 with `Retry-After` and the code `overloaded`; health and metrics are always answered.
/// - `<P>_MAX_QUEUE` (requests, default 0): how many more may wait for their turn.
/// - `<P>_MAX_QUEUE_WAIT` (ms, default 1000): how long one may wait.
/// - `<P>_QUEUE_ORDER` (`fifo` or `lifo`, default `fifo`): who is next; a full `lifo` queue turns the oldest away.
/// - `<P>_DEADLINE_PROPAGATION` (`on` or `off`, default `off`): whether the header `X-Request-Timeout-Ms` (whole
///   milliseconds that the caller still waits) is honoured, and sent to other services. A request whose time is over
///   gets 504 with the code `deadline_exceeded`, and nobody else is asked on its behalf.
public struct InboundPolicy: Sendable, Equatable {
  /// How many requests are worked on at once; nil: any number.
  public var concurrency: ConcurrencyLimit.Settings?
  /// Whether callers' deadlines are honoured.
  public var honorsDeadlines: Bool

  /// A policy; by default everything is taken on.
  public init(concurrency: ConcurrencyLimit.Settings? = nil, honorsDeadlines: Bool = false) {
    self.concurrency = concurrency
    self.honorsDeadlines = honorsDeadlines
  }

  /// Reads the settings named above.
  /// - Parameter prefix: the service's name in capitals.
  public init(reading reader: inout SettingsReader, prefix: String) {
    concurrency = reader.concurrencyLimit(
      max: "\(prefix)_MAX_CONCURRENT_REQUESTS", unit: "requests", queue: "\(prefix)_MAX_QUEUE", defaultQueue: 0,
      wait: "\(prefix)_MAX_QUEUE_WAIT", defaultWait: 1000, order: "\(prefix)_QUEUE_ORDER")
    honorsDeadlines = reader.isOn("\(prefix)_DEADLINE_PROPAGATION", default: false)
  }
}

extension SettingsReader {
  private enum Switch: String, CaseIterable { case on, off }

  /// `on` or `off`.
  public mutating func isOn(_ key: String, default fallback: Bool) -> Bool {
    choice(key, default: fallback ? Switch.on : .off) == .on
  }

  /// A bound of what goes on at once; nil when `max` is 0.
  mutating func concurrencyLimit(
    max: String, unit: String, queue: String, defaultQueue: Int, wait: String, defaultWait: Int, order: String
  ) -> ConcurrencyLimit.Settings? {
    let most = integer(max, default: 0, in: 0...1_000_000, unit: unit)
    let settings = ConcurrencyLimit.Settings(
      maxConcurrent: most, maxQueue: integer(queue, default: defaultQueue, in: 0...1_000_000, unit: unit),
      maxWait: milliseconds(wait, default: defaultWait, in: 0...600_000), order: choice(order, default: .fifo))
    if most == 0 { reportIdle([queue, wait, order], without: max) }
    return most > 0 ? settings : nil
  }

  /// Notes settings that say nothing because the one that switches them on isn't set: most likely forgotten.
  mutating func reportIdle(_ keys: [String], without switches: String) {
    for key in keys {
      if let value = optionalText(key) {
        report(key, value: value, allowed: "unset, or used together with \(switches)")
      }
    }
  }
}

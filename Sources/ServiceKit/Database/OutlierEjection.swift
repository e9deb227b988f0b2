/// Keeps a server that failed out of turn for a while (Envoy's outlier detection, passive part): longer with each
/// failure in a row. When the while is over one read tries it, and the others follow only after that has worked.
struct OutlierEjection {
  typealias Instant = ContinuousClock.Instant

  /// How long the first ejection lasts.
  static let base: Duration = .seconds(1)
  /// How long the longest lasts.
  static let longest: Duration = .seconds(10)
  /// So many doubtful failures in a row count as one that is certain.
  static let doubts = 3

  private var failures = 0
  private var doubtful = 0
  private var until: Instant?

  /// Whether the server may be read from. Asking after an ejection's end makes the caller the one who tries.
  mutating func admit(at now: Instant) -> Bool {
    guard let end = until else { return true }
    guard now >= end else { return false }
    until = now + Self.base
    return true
  }

  /// Whether it is out of turn.
  var isEjected: Bool { until != nil }

  /// A read failed.
  /// - Parameter isCertain: the server is the reason (refused, lost); else it may be the statement (too slow).
  mutating func failed(isCertain: Bool, at now: Instant) {
    doubtful += 1
    guard isCertain || doubtful >= Self.doubts || until != nil else { return }
    failures = min(failures + 1, 1000)
    until = now + min(Self.base * failures, Self.longest)
  }

  /// A read worked.
  mutating func succeeded() { self = OutlierEjection() }
}

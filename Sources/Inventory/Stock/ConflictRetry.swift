import Clients

/// When a transaction that lost against another is begun again, and after which pause.
public struct ConflictRetry: Sendable, Equatable {
  /// The most retries of one transaction.
  public var limit: Int
  /// The database's errors after which there is a retry.
  public var sqlStates: Set<String>
  /// The longest pause before the first retry.
  public var backoff: Duration

  /// Retries after conflicts of versions alone, by default.
  public init(limit: Int = 3, sqlStates: Set<String> = [], backoff: Duration = .milliseconds(10)) {
    self.limit = limit
    self.sqlStates = sqlStates
    self.backoff = backoff
  }

  /// What a retry is counted under; nil: this error is none that a retry helps against.
  func reason(for error: any Error) -> String? {
    if error is VersionConflict { return "version" }
    // A commit without answer may have happened.
    guard let error = error as? PostgresError, error.code != .commitUnknown, let state = error.sqlState,
      sqlStates.contains(state)
    else { return nil }
    return state
  }

  /// The pause before a retry, drawn at random from nothing to a bound that doubles (full jitter: M. Brooker,
  /// "Exponential Backoff and Jitter", AWS Architecture Blog, 2015); nil: no retry any more.
  /// - Parameters:
  ///   - attempt: how often the transaction failed before, from 0 on.
  ///   - random: from 0 to 1, evenly distributed.
  func pause(attempt: Int, random: Double) -> Duration? {
    guard attempt < limit else { return nil }
    return backoff * (Double(1 << min(attempt, 5)) * random)
  }
}

/// A product's stock was changed by another between reading and writing it.
struct VersionConflict: Error, CustomStringConvertible {
  var sku: String
  var description: String { "the version of \(sku) had changed" }
}

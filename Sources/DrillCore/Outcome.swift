/// What a request came to, seen by the one who asked.
///
/// Unsure is not failed: a time-out, a cut connection and a 5xx may all have done their work on the other side.
public enum Outcome: String, Codable, Sendable, CaseIterable {
  /// A 2xx reply: accepted, and from now on owed.
  case ok
  /// A 4xx reply: turned away, nothing happened.
  case rejected
  /// A 5xx reply, a time-out or a cut connection: it may have happened.
  case unknown
  /// Never sent: the generator's bound on requests in flight was reached.
  case dropped

  /// The outcome that belongs to an HTTP status; 1xx and 3xx count as `rejected`, for no promise of the shop uses them.
  public init(status: Int) {
    switch status {
    case 200..<300: self = .ok
    case 500...: self = .unknown
    default: self = .rejected
    }
  }
}

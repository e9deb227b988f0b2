public import FleetAPI

extension ErrorCode {
  /// The instance has more to do than it can: ask again later (503).
  public static let overloaded = ErrorCode(rawValue: "overloaded")
  /// The body didn't arrive in time (408).
  public static let bodyLate = ErrorCode(rawValue: "body_late")
  /// The time that the caller gave is over (504).
  public static let deadlineExceeded = ErrorCode(rawValue: "deadline_exceeded")
  /// Another service has failed so much that it isn't asked for a while (503).
  public static let upstreamUnavailable = ErrorCode(rawValue: "upstream_unavailable")
}

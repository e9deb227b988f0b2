/// What became of one attempt to call something.
public enum CallOutcome: Hashable, Sendable {
  /// No connection could be made: nothing was sent.
  case connectFailure
  /// The connection broke before the answer was complete: whether the call was carried out is unknown.
  case reset
  /// No answer in time: whether the call was or will be carried out is unknown.
  case timeout
  /// An answer with this HTTP status.
  case status(Int)

  /// Whether the callee is to blame: no answer, or one of 5xx. Refusals (4xx) are answers as good as any.
  public var isFailure: Bool {
    if case .status(let status) = self { return status >= 500 }
    return true
  }
}

/// A kind of outcome after which a call is repeated, in the words of Envoy's `retry_on`.
///
/// Unlike Envoy's, `5xx` and `gateway-error` mean answers alone: that there was no answer is said by `connect-failure`,
/// `reset` and `timeout`, so that each can be chosen alone.
public enum RetryCondition: Hashable, Sendable, CustomStringConvertible {
  /// No connection could be made.
  case connectFailure
  /// The connection broke.
  case reset
  /// No answer in time.
  case timeout
  /// Any answer of 5xx.
  case serverError
  /// 502, 503 or 504.
  case gatewayError
  /// This status (400 to 599).
  case status(Int)

  /// How a condition is written.
  public static let syntax = "connect-failure, reset, timeout, 5xx, gateway-error or a status from 400 to 599"

  /// Reads one word; nil when it is none of them.
  public init?(_ word: some StringProtocol) {
    switch word {
    case "connect-failure": self = .connectFailure
    case "reset": self = .reset
    case "timeout": self = .timeout
    case "5xx": self = .serverError
    case "gateway-error": self = .gatewayError
    default:
      guard let status = Int(word), (400...599).contains(status), word.utf8.count == 3 else { return nil }
      self = .status(status)
    }
  }

  /// Whether an outcome is of this kind.
  public func matches(_ outcome: CallOutcome) -> Bool {
    switch (self, outcome) {
    case (.connectFailure, .connectFailure), (.reset, .reset), (.timeout, .timeout): true
    case (.serverError, .status(let status)): status >= 500
    case (.gatewayError, .status(let status)): (502...504).contains(status)
    case (.status(let wanted), .status(let status)): wanted == status
    default: false
    }
  }

  /// The word for it.
  public var description: String {
    switch self {
    case .connectFailure: "connect-failure"
    case .reset: "reset"
    case .timeout: "timeout"
    case .serverError: "5xx"
    case .gatewayError: "gateway-error"
    case .status(let status): String(status)
    }
  }
}

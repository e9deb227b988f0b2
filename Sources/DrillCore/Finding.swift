/// What a check found, with the evidence in words.
public struct Finding: Sendable, Equatable, Codable {
  /// Met, violated, or impossible to say.
  public enum Status: String, Sendable, Codable, Comparable {
    /// What is demanded was seen.
    case met
    /// The history can't tell: trouble of the grader's own.
    case inconclusive
    /// The opposite of what is demanded was seen.
    case violated

    /// Compares by severity: the worst wins, in the order violated, inconclusive, met.
    public static func < (left: Status, right: Status) -> Bool { left.severity < right.severity }

    private var severity: Int {
      switch self {
      case .met: 0
      case .inconclusive: 1
      case .violated: 2
      }
    }
  }

  /// Met, violated, or impossible to say.
  public var status: Status
  /// A stable word for the cause, for programs; `nil` when met.
  public var reason: String?
  /// What was seen.
  public var observed: String
  /// What is demanded.
  public var expected: String

  /// What is demanded was seen.
  public static func met(_ observed: String, expected: String = "") -> Finding {
    Finding(status: .met, reason: nil, observed: observed, expected: expected)
  }

  /// The opposite of what is demanded was seen; `reason` is one of the check's documented codes.
  public static func violated(_ reason: String, _ observed: String, expected: String = "") -> Finding {
    Finding(status: .violated, reason: reason, observed: observed, expected: expected)
  }

  /// The history can't tell.
  public static func inconclusive(_ reason: Inconclusive, _ observed: String, expected: String = "") -> Finding {
    Finding(status: .inconclusive, reason: reason.rawValue, observed: observed, expected: expected)
  }

  /// A finding of any status.
  public init(status: Status, reason: String?, observed: String, expected: String) {
    self.status = status
    self.reason = reason
    self.observed = observed
    self.expected = expected
  }

  /// Why a history can't tell: trouble of the grader's own, never a fault of the lab's.
  public enum Inconclusive: String, Sendable, Codable, CaseIterable {
    /// Less of the planned load went out than a judgement needs, or it went out late.
    case loadNotDelivered = "load_not_delivered"
    /// A probe could not look.
    case probeDead = "probe_dead"
    /// A kind of operation has not one success to compare with.
    case noSuccessOfOp = "no_success_of_op"
    /// The check itself failed.
    case checkError = "check_error"
    /// The injected fault was not seen to take effect.
    case faultNotVerified = "fault_not_verified"
    /// The part of the trial that this check reads did not take place.
    case notTried = "not_tried"
  }
}

/// What is wrong with one parameter of a fault, or with its lease.
public struct FaultProblem: Sendable, Hashable, CustomStringConvertible {
  /// The parameter, or `lease`; nil where it is about all of them.
  public let parameter: String?
  /// What is wrong, and what would be right; without the parameter's name.
  public let message: String

  /// `host is missing`, `count: 0 is not a number from 1 to 2000`.
  public var description: String {
    guard let parameter else { return message }
    return "\(parameter)\(message == Self.missing ? "" : ":") \(message)"
  }

  private static let missing = "is missing"

  static func about(_ parameter: String?, _ message: String) -> FaultProblem {
    FaultProblem(parameter: parameter, message: message)
  }

  static func isMissing(_ parameter: String) -> FaultProblem { about(parameter, missing) }
}

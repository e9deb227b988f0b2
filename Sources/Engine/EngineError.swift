/// Something the engine could not do, in words for the person at the console.
public struct EngineError: Error, CustomStringConvertible, Equatable {
  /// Programs ask for this: which exit code the console gives.
  public enum Code: Sendable, Equatable {
    /// A bug or an unexpected refusal by the system.
    case failed
    /// Something is not installed or not allowed on this machine.
    case missingPart
    /// The request itself is wrong (unknown node, value out of range).
    case usage
    /// Another operation is under way.
    case busy
  }

  /// What kind of trouble it is.
  public let code: Code
  /// What failed and what would be right.
  public let description: String

  /// Makes an error; `description` names what failed and what would be right.
  public init(_ description: String, code: Code = .failed) {
    self.code = code
    self.description = description
  }
}

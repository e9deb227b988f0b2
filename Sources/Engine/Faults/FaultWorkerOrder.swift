import Foundation

/// What the process of a fault is told: in a file that nobody but it has, for everybody sees a command line, and in a
/// blind lab that would be the answer.
public struct FaultWorkerOrder: Codable, Sendable, Equatable {
  /// Where the process finds it.
  public static let path = "/run/secrets/fault"

  /// The kind of fault.
  public var kind: String
  /// Its parameters.
  public var values: [String: String]
  /// The password or token that it needs.
  public var secret: String

  /// Tells `kind` with `values`; the secret without white space around it.
  public init(kind: String, values: [String: String], secret: String) {
    self.kind = kind
    self.values = values
    self.secret = secret
  }

  /// Reads it; throws what reading and decoding throw.
  public static func read(_ path: String = path) throws -> FaultWorkerOrder {
    try JSONDecoder().decode(FaultWorkerOrder.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

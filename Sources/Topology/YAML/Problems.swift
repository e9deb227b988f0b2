/// One thing that is wrong in a file.
public struct Problem: Sendable, Codable, Hashable, CustomStringConvertible {
  /// Where.
  public var place: YAMLPlace
  /// The key from the top of the file, `services.inventory.deploy`; empty for the file as a whole.
  public var key: String
  /// What is wrong and what would be right.
  public var message: String

  /// `FILE:LINE:COLUMN: KEY: MESSAGE`.
  public var description: String { key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)" }
}

/// All that is wrong, in the order of the files; thrown once, so that one look at it is enough.
public struct ProblemsError: Error, CustomStringConvertible {
  /// The problems; never empty.
  public var problems: [Problem]

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems while a file is read, so that all of them are reported at once.
public final class Problems {
  /// What was reported so far, in the order of reporting.
  public private(set) var errors: [Problem] = []
  /// What is worth a word but no error.
  public private(set) var warnings: [Problem] = []

  /// Nobody reads more.
  private static let most = 200

  /// Starts without any.
  public init() {}

  /// Places whose value is useless, so that what follows from it is not worth a message.
  private var spoilt: Set<YAMLPlace> = []

  /// Notes an error; the same one twice (an alias used in two places) counts once.
  ///
  /// - Parameter spoils: whether further errors at the same place would only follow from this one; they are dropped.
  public func report(_ message: String, at place: YAMLPlace, key: String = "", spoils: Bool = false) {
    guard !spoilt.contains(place), errors.count < Self.most else { return }
    if spoils { spoilt.insert(place) }
    let problem = Problem(place: place, key: key, message: message)
    if !errors.contains(problem) { errors.append(problem) }
  }

  /// Notes something that is no error; the same one twice counts once.
  public func warn(_ message: String, at place: YAMLPlace, key: String = "") {
    let problem = Problem(place: place, key: key, message: message)
    if warnings.count < Self.most, !warnings.contains(problem) { warnings.append(problem) }
  }

  /// Throws `ProblemsError` with all errors, in the order of the files, if there are any.
  public func throwIfAny() throws {
    guard !errors.isEmpty else { return }
    throw ProblemsError(problems: errors.sorted { $0.place < $1.place })
  }
}

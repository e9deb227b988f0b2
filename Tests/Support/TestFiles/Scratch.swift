import Foundation

/// A temporary folder of a test's own. It goes with all that is in it when nobody holds this any more: a suite keeps it
/// in a property, a test in a variable.
public final class Scratch: Sendable {
  /// Where it is.
  public let path: String

  /// Makes the folder, and these in it.
  public init(_ folders: String...) throws {
    path = NSTemporaryDirectory() + "firedrill-test-\(UUID().uuidString)"
    for folder in [path] + folders.map({ "\(path)/\($0)" }) {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

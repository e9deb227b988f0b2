public import Foundation

extension FileHandle {
  /// Writes to a standard stream. What nobody reads any more (`firedrill start ... 2>&1 | head`) is lost, and nothing
  /// else is: `write(_:)` would end the program.
  public func say(_ text: String) { try? write(contentsOf: Data(text.utf8)) }
}

import CPlatform
import Foundation

/// Removing what nodes have written, which may be deeper than a path is long, and closed to its owner.
public enum Removal {
  /// Removes a folder with all that is in it, or a file; fine where there is none.
  public static func remove(_ path: String) throws {
    guard firedrill_remove(path) != 0, errno != ENOENT else { return }
    throw EngineError.system("cannot remove \(path)")
  }
}

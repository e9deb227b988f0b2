import Foundation

/// Paths without links and dots, as the kernel sees them.
enum RealPath {
  /// The path that `path` leads to; nil where there is nothing.
  static func of(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Whether something is there, and it is `folder` or in it.
  static func isInside(_ path: String, _ folder: String) -> Bool {
    guard let path = of(path), let folder = of(folder) else { return false }
    return path == folder || path.hasPrefix(folder == "/" ? folder : folder + "/")
  }
}

import Engine
import Foundation
import Synchronization

/// Temporary folders that only we can enter, with names that nobody can foresee.
enum PrivateFolder {
  private static let present = Mutex<Set<String>>([])

  /// - Parameter what: what it is for; a part of its name.
  static func make(_ what: String) throws -> String {
    var path = Array((NSTemporaryDirectory() + "firedrill-\(what)-XXXXXX").utf8CString)
    guard mkdtemp(&path) != nil else {
      throw EngineError(
        "cannot make a temporary folder in \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))")
    }
    let folder = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    present.withLock { _ = $0.insert(folder) }
    return folder
  }

  /// What can't be removed stays with the system's other temporary files, and is nobody's verdict.
  static func remove(_ folder: String) {
    try? Removal.remove(folder)
    present.withLock { _ = $0.remove(folder) }
  }

  /// Removes those that are there: this process ends.
  static func removeAll() {
    for folder in present.withLock({ $0 }) { remove(folder) }
  }
}

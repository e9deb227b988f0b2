import Engine
import Foundation

/// A temporary folder that only we can enter, with a name that nobody can foresee.
enum PrivateFolder {
  /// - Parameter what: what it is for; a part of its name.
  static func make(_ what: String) throws -> String {
    var path = Array((NSTemporaryDirectory() + "firedrill-\(what)-XXXXXX").utf8CString)
    guard mkdtemp(&path) != nil else { throw EngineError("cannot make a temporary folder") }
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

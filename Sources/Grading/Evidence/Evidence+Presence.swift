import Engine

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Evidence {
  /// Tells a wrong path from evidence that is damaged: a folder without a single file of a grade never was evidence.
  ///
  /// - Throws: `EngineError` of wrong usage.
  public func requirePresence() throws {
    let files = FileManager.default
    guard (try? files.contentsOfDirectory(atPath: folder)) != nil else {
      throw EngineError("no such folder: \(folder)", code: .usage)
    }
    guard ([Self.manifestName] + Self.files).contains(where: { files.fileExists(atPath: path($0)) }) else {
      throw EngineError("there is no evidence of a grade in \(folder)", code: .usage)
    }
  }
}

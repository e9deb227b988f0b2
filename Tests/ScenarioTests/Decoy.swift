import Foundation
import Testing
import Yams

/// A named non-repair of `Chaos/<id>/decoys/`.
struct Decoy: Sendable, CustomTestStringConvertible {
  var id: String
  var check: String
  var reason: String
  var script: String

  var testDescription: String { id }

  static func all() throws -> [Decoy] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let folder = root + "/Chaos/one-bad-instance/decoys"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    return try names.map { name in
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      return try YAMLDecoder().decode(Raw.self, from: text).decoy(in: folder)
    }
  }

  private struct Raw: Decodable {
    var id: String
    var check: String
    var reason: String
    var script: String

    /// The script stands in the file itself, or in a file beside it.
    func decoy(in folder: String) throws -> Decoy {
      let beside = "\(folder)/\(script)"
      let isFile = !script.contains("\n") && FileManager.default.fileExists(atPath: beside)
      let text = isFile ? try String(contentsOfFile: beside, encoding: .utf8) : script
      return Decoy(id: id, check: check, reason: reason, script: text)
    }
  }
}

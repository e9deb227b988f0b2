import Crypto
import Foundation

/// Hashes by which a result is known to belong to these very files and programs: 16 hexadecimal digits.
public enum Fingerprint {
  /// The files that a scenario's verdicts rest on: its folder, its runbook, and what every lab and the judge are made
  /// from. Names, contents and the executable bit count.
  ///
  /// - Throws: the file system's error when one of them can't be read.
  public static func files(of scenario: String, share: String) throws -> String {
    var hash = SHA256()
    for top in ["Chaos/\(scenario)", "Runbooks/\(scenario).md", "compose/judge", "compose/lab"] {
      for path in try files(below: top, share: share) {
        let full = "\(share)/\(path)"
        let contents = try Data(contentsOf: URL(fileURLWithPath: full))
        let mode = FileManager.default.isExecutableFile(atPath: full) ? "x" : "-"
        hash.update(data: Data("\(path)\0\(mode)\(contents.count)\0".utf8))
        hash.update(data: contents)
      }
    }
    return text(hash.finalize())
  }

  /// The programs, in that order, and what the nodes are: of a program what runs, so that another build of the same
  /// sources by the same compiler in a folder of the same name is the same program; all of a file that is no program.
  ///
  /// - Throws: the file system's error when one of them can't be read.
  public static func programs(_ paths: [String], engine: String = "process") throws -> String {
    var hash = SHA256()
    if engine != "process" { hash.update(data: Data(engine.utf8)) }
    for path in paths {
      let contents = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
      guard let image = ProgramImage(contents) else {
        hash.update(data: Data("\(contents.count)\0".utf8))
        hash.update(data: contents)
        continue
      }
      for section in image.sections {
        hash.update(data: Data("\(section.name)\0\(section.size)\0".utf8))
        contents.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[section.bytes])) }
      }
    }
    return text(hash.finalize())
  }

  private static func files(below top: String, share: String) throws -> [String] {
    var isFolder = ObjCBool(false)
    let full = "\(share)/\(top)"
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else {
      throw CocoaError(.fileNoSuchFile)
    }
    guard isFolder.boolValue else { return [top] }
    return try FileManager.default.contentsOfDirectory(atPath: full).sorted()
      .flatMap { try files(below: "\(top)/\($0)", share: share) }
  }

  private static func text(_ digest: SHA256.Digest) -> String {
    digest.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}

import Foundation

/// The files of this repository, wherever the tests run.
public enum Repository {
  /// Its folder, found from this file's own place in it.
  public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The ids of its scenarios, sorted. Tests of each of them would say nothing where none is found, so that stops them.
  public static let scenarios = {
    let found = ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/Chaos")) ?? [])
      .filter { FileManager.default.fileExists(atPath: "\(root)/Chaos/\($0)/scenario.yaml") }.sorted()
    precondition(!found.isEmpty, "no scenario in \(root)/Chaos")
    return found
  }()

  /// The text of a file; the path begins in the repository's folder.
  public static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }
}

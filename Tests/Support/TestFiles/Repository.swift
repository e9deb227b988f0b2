import Foundation

/// The files of this repository, wherever the tests run.
public enum Repository {
  /// Its folder, found from this file's own place in it.
  public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The ids of its scenarios, sorted.
  public static let scenarios = ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/Chaos")) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(root)/Chaos/\($0)/scenario.yaml") }.sorted()

  /// The text of a file; the path begins in the repository's folder.
  public static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }
}

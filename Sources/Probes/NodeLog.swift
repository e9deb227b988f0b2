#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The log that a node writes to its standard error.
public struct NodeLog: Sendable {
  /// The file's path.
  public var path: String

  /// The log of `node` in the folder of the lab's logs.
  public init(folder: String, node: String) { path = "\(folder)/\(node).log" }

  /// How many bytes it has; 0 where there is none.
  public var size: Int { FileManager.default.contents(atPath: path)?.count ?? 0 }

  /// How often `words` stand in it behind the first `offset` bytes; in a log that has become shorter, from its
  /// beginning. `nil` when it can't be read.
  public func count(of words: String, from offset: Int) -> Int? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let start = data.count < offset ? 0 : offset
    return String(decoding: data.dropFirst(start), as: UTF8.self).ranges(of: words).count
  }
}

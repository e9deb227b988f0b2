import Foundation

/// What changed in a lab and when: deploys, scaling, restarts. A line of JSON each.
public struct ChangeLog: Sendable {
  /// One change.
  public struct Entry: Codable, Sendable {
    /// Seconds since 1970.
    public var at: Double
    /// In words.
    public var what: String
  }

  private let path: String

  /// The log in a file; it is made with the first entry.
  public init(path: String) { self.path = path }

  /// Appends a change. A log that cannot be written must not stop what it tells of.
  public func add(_ what: String) {
    guard var line = try? JSONEncoder().encode(Entry(at: Date().timeIntervalSince1970, what: what)) else { return }
    line.append(UInt8(ascii: "\n"))
    let descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  /// All changes, the oldest first.
  public func entries() -> [Entry] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(Entry.self, from: Data($0))
    }
  }
}

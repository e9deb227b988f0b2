import Foundation

/// What changed in a lab and when, and what else people did about it. A line of JSON each.
public struct ChangeLog: Sendable {
  /// What somebody did.
  public enum Kind: String, Codable, Sendable {
    /// Changed the lab: a deploy, scaling, a restart, a fault by hand.
    case change
    /// Asked for help: a hint, or the runbook.
    case help
    /// Looked: a log, a shell, the symptom, users on demand.
    case look
    /// Had it judged.
    case grade
  }

  /// One change.
  public struct Entry: Codable, Sendable {
    /// Seconds since 1970.
    public var at: Double
    /// In words.
    public var what: String
    /// What it was; nil for a change.
    public var kind: Kind?
    /// The folder of a grade's evidence.
    public var evidence: String?
    /// The id of a fault by hand.
    public var fault: String?
  }

  private let path: String

  /// The log in a file; it is made with the first entry.
  public init(path: String) { self.path = path }

  /// Appends what was done. A log that cannot be written must not stop what it tells of.
  public func add(_ what: String, _ kind: Kind = .change, evidence: String? = nil, fault: String? = nil) {
    let entry = Entry(
      at: Date().timeIntervalSince1970, what: what, kind: kind == .change ? nil : kind, evidence: evidence,
      fault: fault)
    guard var line = try? JSONEncoder().encode(entry) else { return }
    line.append(UInt8(ascii: "\n"))
    let descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  /// The changes of the lab, the oldest first.
  public func entries() -> [Entry] { all().filter { ($0.kind ?? .change) == .change } }

  /// Everything that was done, the oldest first.
  public func all() -> [Entry] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(Entry.self, from: Data($0))
    }
  }
}

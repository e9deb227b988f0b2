import Crypto
public import DrillCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder with everything that a verdict rests on.
///
/// - `history.jsonl`: what load, chaos and probes saw
/// - `scenario.yaml`: the scenario as it was judged
/// - `topology.json`: the lab's topology as it was judged
/// - `grade.json`: seed, engine, required tier
/// - `verdict.json`, `summary.txt`: the outcome
/// - `latency.svg`, `errors.svg`: how the users fared, drawn from the history
/// - `manifest.sha256`: the SHA-256 of each of these but the pictures, as `sha256sum -c` reads it: it shows edits and
///   damage, it is no signature
public struct Evidence: Sendable {
  /// The folder.
  public var folder: String

  /// The evidence in `folder`.
  public init(folder: String) { self.folder = folder }

  /// Whether the grade has written all of it: the pictures come last.
  public var isComplete: Bool { FileManager.default.fileExists(atPath: path(Self.pictures[1])) }

  static let manifestName = "manifest.sha256"
  /// What they are called, in the order in which they are written.
  static let pictures = ["latency.svg", "errors.svg"]
  static let files = ["grade.json", "history.jsonl", "scenario.yaml", "summary.txt", "topology.json", "verdict.json"]

  /// Evidence that can't be judged, and why.
  public struct Broken: Error, Sendable, CustomStringConvertible {
    /// What is wrong, with the file's name.
    public var description: String
  }

  /// Makes the folder, which must not hold evidence yet.
  public func create() throws {
    let files = FileManager.default
    guard !files.fileExists(atPath: path("history.jsonl")) else {
      throw Broken(description: "\(folder) already holds evidence; choose another folder")
    }
    try files.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// The path of one of the files.
  public func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ data: Data, to name: String) throws {
    try data.write(to: URL(fileURLWithPath: path(name)), options: .atomic)
  }

  /// Writes the manifest over what is there now.
  func seal() throws {
    var lines = ""
    for name in Self.files { lines += "\(try digest(of: name))  \(name)\n" }
    try write(Data(lines.utf8), to: Self.manifestName)
  }

  /// Checks every file against the manifest.
  ///
  /// - Throws: `Broken` with every file that is missing or was changed.
  func verify() throws {
    guard let manifest = FileManager.default.contents(atPath: path(Self.manifestName)) else {
      throw Broken(description: "\(folder) holds no evidence: \(Self.manifestName) is missing")
    }
    var expected: [String: String] = [:]
    for line in String(decoding: manifest, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      guard parts.count == 2 else {
        throw Broken(description: "\(Self.manifestName): '\(line)' is no line of a manifest")
      }
      expected[String(parts[1])] = String(parts[0])
    }
    var problems: [String] = []
    for name in Self.files {
      guard let wanted = expected[name] else {
        problems.append("\(name) is not in the manifest")
        continue
      }
      guard let found = try? digest(of: name) else {
        problems.append("\(name) is missing")
        continue
      }
      if found != wanted { problems.append("\(name) was changed after the grade") }
    }
    guard problems.isEmpty else { throw Broken(description: problems.joined(separator: "\n")) }
  }

  /// How the grade was asked for.
  public func record() throws -> GradeRecord {
    do {
      return try JSONDecoder().decode(GradeRecord.self, from: try read("grade.json"))
    } catch let error as DecodingError {
      throw Broken(description: "grade.json can't be read: \(error)")
    }
  }

  func read(_ name: String) throws -> Data {
    guard let data = FileManager.default.contents(atPath: path(name)) else {
      throw Broken(description: "\(name) is missing or can't be read")
    }
    return data
  }

  private func digest(of name: String) throws -> String {
    SHA256.hash(data: try read(name)).map { byte in
      let hex = String(byte, radix: 16)
      return hex.count == 1 ? "0" + hex : hex
    }.joined()
  }
}

/// The same verdict again, from the files alone.
///
/// - Throws: `Evidence.Broken` for evidence that is incomplete, cut off or changed; what the scenario's reader throws.
public func regrade(_ folder: String) throws -> Verdict { try regraded(folder).verdict }

/// The same verdict again, with the history that it rests on.
///
/// - Throws: what `regrade` throws.
public func regraded(_ folder: String) throws -> (verdict: Verdict, history: History) {
  let evidence = Evidence(folder: folder)
  try evidence.verify()
  let record = try evidence.record()
  let history: History
  do {
    history = try HistoryFile.decode(try evidence.read("history.jsonl"))
  } catch let error as HistoryFile.Broken {
    throw Evidence.Broken(description: "history.jsonl, \(error)")
  }
  let scenario = try ScenarioFile.load(evidence.path("scenario.yaml"))
  return (Judgement.verdict(scenario, history, record), history)
}

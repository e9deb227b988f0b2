import Foundation

/// One cell that was tried, as a line of the record.
public struct CellRecord: Sendable, Codable, Equatable {
  /// Of this form: 1.
  public var schema = 1
  /// The scenario's id.
  public var scenario: String
  /// The cell's id.
  public var cell: String
  /// Which of the repeats, from 1.
  public var round: Int
  /// Whether the processors were kept busy meanwhile.
  public var busy: Bool
  /// The scenario's files, see `Fingerprint`.
  public var files: String
  /// The programs, see `Fingerprint`.
  public var programs: String
  /// What became of it.
  public var outcome: CellResult.Outcome
  /// What was given instead; empty when right.
  public var detail: String
  /// From the lab's start to its end.
  public var seconds: Double
  /// Seconds since 1970 at its end.
  public var at: Double
  /// The grade's own seed, where there was a verdict.
  public var seed: UInt64?

  /// A line.
  public init(
    scenario: String, cell: String, round: Int, busy: Bool, files: String, programs: String, result: CellResult,
    seconds: Double, at: Double
  ) {
    self.scenario = scenario
    self.cell = cell
    self.round = round
    self.busy = busy
    self.files = files
    self.programs = programs
    outcome = result.outcome
    detail = result.detail
    self.seconds = (seconds * 10).rounded() / 10
    self.at = at.rounded()
    seed = result.seed
  }
}

/// The results of a certification, kept as they come so that a long one goes on where it stopped: JSON Lines.
public struct RecordFile: Sendable {
  /// Where it is.
  public let path: String

  /// A record; the file need not be there yet.
  public init(path: String) { self.path = path }

  /// What it holds. A line that was cut off by a crash counts as never written.
  public func read() -> [CellRecord] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    let decoder = JSONDecoder()
    return data.split(separator: 0x0A).compactMap { line in
      guard let record = try? decoder.decode(CellRecord.self, from: Data(line)), record.schema == 1 else { return nil }
      return record
    }
  }

  /// Adds a line and waits until the disk has it.
  ///
  /// - Throws: the system's error as `CocoaError` or `POSIXError`.
  public func append(_ record: CellRecord) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }
    var line = try encoder.encode(record) + [0x0A]
    // What a crash cut off must not swallow the next line.
    let end = try file.seekToEnd()
    if end > 0 {
      try file.seek(toOffset: end - 1)
      if try file.read(upToCount: 1) != Data([0x0A]) { line.insert(0x0A, at: line.startIndex) }
    }
    try file.write(contentsOf: line)
    try file.synchronize()
  }
}

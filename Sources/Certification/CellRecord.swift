import Foundation

/// What was measured in one run of a cell, as far as it came.
public struct CellFigures: Sendable, Equatable {
  /// Seconds of the grade; of a cell of files, of the whole verification.
  public var graded: Double?
  /// Seconds from the order to start until every node was healthy.
  public var healthy: Double?
  /// Proportional memory of all nodes of the healthy lab together, in bytes.
  public var memory: Int?

  /// Nothing measured yet.
  public init(graded: Double? = nil, healthy: Double? = nil, memory: Int? = nil) {
    self.graded = graded
    self.healthy = healthy
    self.memory = memory
  }
}

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
  /// What the nodes were: `process` or `compose`; nil in lines of before there were two.
  public var engine: String?
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
  /// See `CellFigures`.
  public var graded: Double?
  /// See `CellFigures`.
  public var healthy: Double?
  /// See `CellFigures`.
  public var memory: Int?

  /// A line.
  public init(
    scenario: String, cell: String, round: Int, busy: Bool, files: String, programs: String,
    engine: String = Summary.usualEngine, result: CellResult, figures: CellFigures = CellFigures(), seconds: Double,
    at: Double
  ) {
    self.scenario = scenario
    self.cell = cell
    self.round = round
    self.busy = busy
    self.files = files
    self.programs = programs
    self.engine = engine
    outcome = result.outcome
    detail = result.detail
    self.seconds = Self.tenths(seconds)
    self.at = at.rounded()
    seed = result.seed
    graded = figures.graded.map(Self.tenths)
    healthy = figures.healthy.map(Self.tenths)
    memory = figures.memory
  }

  private static func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
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

  /// An engine other than the wanted one that results here are of; nil where all are of that one. Verdicts of one
  /// engine say nothing about the other's.
  public func foreignEngine(to wanted: String) -> String? {
    read().lazy.map { $0.engine ?? Summary.usualEngine }.first { $0 != wanted }
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

import Foundation

/// Which build of the programs was certified, as whoever built it says.
public struct Build: Sendable, Equatable {
  /// What `firedrill --version` says.
  public var version: String
  /// The commit of the sources, with `-dirty` where files were changed since; nil where nobody said it.
  public var commit: String?

  /// A build.
  public init(version: String, commit: String? = nil) {
    self.version = version
    self.commit = commit
  }
}

/// The result of a certification: `certification.json`.
public struct Summary: Sendable, Codable, Equatable {
  /// A cell and its runs.
  public struct CellLine: Sendable, Codable, Equatable {
    /// The cell's id.
    public var id: String
    /// What it must give.
    public var expected: String
    /// How often it was graded, with the machine as it is.
    public var runs: Int
    /// How often it was graded with the processors kept busy.
    public var busyRuns: Int
    /// How often it gave something else.
    public var wrong: Int
    /// How often it could not tell, beside the runs: it was asked again then.
    public var undecided: Int
    /// Seconds of a run, from the lab's start to its end; 0 without runs.
    public var median: Double
    /// Seconds of the longest run.
    public var worst: Double
  }

  /// A scenario and its cells.
  public struct ScenarioLine: Sendable, Codable, Equatable {
    /// The scenario's id.
    public var id: String
    /// The files that the runs belong to, see `Fingerprint`.
    public var files: String
    /// The programs that the runs belong to.
    public var programs: String
    /// The cells of the matrix, in their order.
    public var cells: [CellLine]
    /// Seconds of a grade, with the machine as it is; of harness troubles and files none. Nil where none was measured.
    public var grade: Spread?
    /// Seconds of `firedrill verify`, lab and all.
    public var verification: Spread?
    /// Seconds from the order to start until every node was healthy.
    public var healthy: Spread?
    /// Bytes of memory (PSS) of all nodes of the healthy lab together.
    public var memory: Spread?

    /// Every cell was graded at least once with the machine as it is, and no verdict was wrong; a grader that often
    /// can't tell is no use either.
    public var isCertified: Bool {
      !cells.isEmpty && cells.allSatisfy { $0.runs > 0 && $0.wrong == 0 } && undecided * 10 <= runs
    }
    /// Grades that could not tell.
    public var undecided: Int { cells.reduce(0) { $0 + $1.undecided } }
    /// Wrong verdicts of all cells.
    public var wrong: Int { cells.reduce(0) { $0 + $1.wrong } }
    /// Runs of all cells.
    public var runs: Int { cells.reduce(0) { $0 + $1.runs + $1.busyRuns } }
    /// How many of them with the processors kept busy.
    public var busyRuns: Int { cells.reduce(0) { $0 + $1.busyRuns } }
  }

  /// The engine of who doesn't say which.
  public static let usualEngine = "process"

  /// Of this form: 1.
  public var schema = 1
  /// What the nodes were: `process` or `compose`; nil in files of before there were two.
  public var engine: String?
  /// The version of the programs; nil in files of before it was written down.
  public var version: String?
  /// The commit of the programs' sources, see `Build`.
  public var commit: String?
  /// Seconds of one whole pass over all cells: while at least one of its labs was under way. Nil where none is whole.
  public var passSeconds: Double?
  /// Seconds of a grade, those of all scenarios taken together; see `ScenarioLine`.
  public var grade: Spread?
  /// Seconds of `firedrill verify`, in the same way.
  public var verification: Spread?
  /// Sizes of the images that nodes were made from; none without containers.
  public var images: [Image]?
  /// The scenarios, sorted by id.
  public var scenarios: [ScenarioLine]

  /// Sums up the runs of these very files and programs; others don't count.
  public init(
    subjects: [Subject], files: [String: String], programs: String, engine: String = usualEngine, build: Build,
    images: [Image]? = nil, records: [CellRecord]
  ) {
    self.engine = engine
    self.images = images
    version = build.version
    commit = build.commit
    let all = records.filter { $0.files == files[$0.scenario] && $0.programs == programs }
    let cells = subjects.flatMap(\.cells)
    passSeconds = Self.pass(cells, all)
    // A cell's id says its kind, whichever its scenario is.
    let figures = Figures(cells, all.filter { $0.outcome != .missing })
    grade = figures.grade
    verification = figures.verification
    scenarios = subjects.sorted { $0.scenario < $1.scenario }.map { subject in
      let hash = files[subject.scenario] ?? ""
      let own = all.filter { $0.scenario == subject.scenario && $0.outcome != .missing }
      let figures = Figures(subject.cells, own)
      return ScenarioLine(
        id: subject.scenario, files: hash, programs: programs,
        cells: subject.cells.map { cell in Self.line(cell, own.filter { $0.cell == cell.id }) },
        grade: figures.grade, verification: figures.verification, healthy: figures.healthy, memory: figures.memory)
    }
  }

  private static func line(_ cell: Cell, _ all: [CellRecord]) -> CellLine {
    let records = all.filter { !$0.outcome.saysNothing }
    let seconds = records.map(\.seconds).sorted()
    return CellLine(
      id: cell.id, expected: cell.expectation.description, runs: records.count { !$0.busy },
      busyRuns: records.count { $0.busy }, wrong: records.count { $0.outcome == .wrong },
      undecided: all.count - records.count,
      median: seconds.isEmpty ? 0 : seconds[(seconds.count - 1) / 2], worst: seconds.last ?? 0)
  }

  /// Wrong verdicts of all scenarios, in whatever round, with the processors busy or not.
  public var wrong: Int { scenarios.reduce(0) { $0 + $1.wrong } }

  /// How many grades the certification of a scenario rests on; nil where it is not certified, or only with other files
  /// than those of this fingerprint, or with programs of another version.
  ///
  /// Not the programs' own fingerprint: what is installed is stripped of its symbols, and each build differs.
  public func certifiedRuns(of scenario: String, files: String, version: String) -> Int? {
    guard self.version == version else { return nil }
    return scenarios.first { $0.id == scenario && $0.files == files && $0.isCertified }?.runs
  }

  /// The file's text: sorted keys, a line feed at the end.
  ///
  /// - Throws: `EncodingError`, which doesn't happen with finite numbers.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Reads such a file; nil where there is none, or one that can't be read.
  public static func load(_ path: String) -> Summary? {
    FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Summary.self, from: $0) }
  }
}

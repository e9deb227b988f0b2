public import DrillCore
public import Engine

/// What the console and the controller say to each other, as JSON.
public enum Wire {
  /// The answer to `GET /v1/status`.
  public struct Status: Codable, Sendable {
    /// The lab as `start` fixed it.
    public var lab: LabFolder.State
    /// The topology's nodes, in its order.
    public var nodes: [NodeStatus]
    /// The faults that are applied.
    public var faults: [ActiveFault]
    /// The operation under way, if any.
    public var busy: String?
  }

  /// The body of `POST /v1/scale`.
  public struct Scale: Codable, Sendable {
    /// The service's name.
    public var service: String
    /// 0...250 instances.
    public var count: Int

    /// Names the service and how many instances it is to have.
    public init(service: String, count: Int) {
      self.service = service
      self.count = count
    }
  }

  /// The body of `POST /v1/grade`.
  public struct Grade: Codable, Sendable {
    /// Replays a grade; nil draws a fresh seed.
    public var seed: UInt64?
    /// Where the evidence goes, an absolute path; nil: a folder of its own in the lab's `.evidence`, or
    /// where a blind lab keeps it.
    public var evidence: String?
    /// The tier that has to be reached.
    public var required: Tier
    /// Whether the report says of every check what is demanded.
    public var explain: Bool

    /// Makes an order to grade.
    public init(seed: UInt64? = nil, evidence: String? = nil, required: Tier = .resolved, explain: Bool = false) {
      self.seed = seed
      self.evidence = evidence
      self.required = required
      self.explain = explain
    }
  }

  /// The answer to a grade.
  public struct GradeAnswer: Codable, Sendable {
    /// Passed, failed or inconclusive.
    public var value: Verdict.Value
    /// The verdict's JSON, schema 1.
    public var verdict: String
    /// The report for people.
    public var text: String
    /// The report as JUnit XML.
    public var junit: String
  }

  /// The answer to `POST /v1/check`.
  public struct Check: Codable, Sendable {
    /// Whether users are hurt.
    public var shows: Bool
    /// What was seen, in words.
    public var observed: String
  }

  /// The body of `POST /v1/up`.
  public struct Up: Codable, Sendable {
    /// Whether to wait until the symptom shows.
    public var awaitsSymptom: Bool
    /// Whether somebody's repair is to be judged by its files: the lab's gates are asked, damage is not done, and files
    /// of which no healthy lab comes are a `Failure` with the code of a failed grade.
    public var isHandedIn: Bool

    /// Makes an order to start.
    public init(awaitsSymptom: Bool, isHandedIn: Bool = false) {
      self.awaitsSymptom = awaitsSymptom
      self.isHandedIn = isHandedIn
    }
  }

  /// The body of `POST /v1/load`.
  public struct Load: Codable, Sendable {
    /// Requests a second; nil: as many as the scenario's users make.
    public var rate: Double?
    /// How long, up to 3600.
    public var seconds: Double

    /// Makes an order for users.
    public init(rate: Double?, seconds: Double) {
      self.rate = rate
      self.seconds = seconds
    }
  }

  /// One line of a long operation's answer: progress, and last either `result` or `error`.
  public struct Progress: Codable, Sendable {
    /// Progress, for people.
    public var line: String?
    /// JSON, as text.
    public var result: String?
    /// Why it could not be done.
    public var error: Failure?

    /// Makes a line; without anything, a sign of life.
    public init(line: String? = nil, result: String? = nil, error: Failure? = nil) {
      self.line = line
      self.result = result
      self.error = error
    }
  }

  /// What went wrong, with the exit code that the console gives.
  public struct Failure: Codable, Sendable {
    /// One of `ExitStatus`.
    public var code: Int32
    /// For people.
    public var message: String

    /// Makes a failure.
    public init(code: Int32, message: String) {
      self.code = code
      self.message = message
    }
  }
}

/// The console's exit codes.
public enum ExitStatus {
  /// Passed, or done.
  public static let passed: Int32 = 0
  /// The repair does not hold; or a lab did not start, or a deploy does not run.
  public static let failed: Int32 = 1
  /// It cannot be said.
  public static let inconclusive: Int32 = 3
  /// As EX_USAGE of sysexits.h.
  public static let usage: Int32 = 64
  /// As EX_UNAVAILABLE: a needed part is missing.
  public static let unavailable: Int32 = 69
  /// As EX_SOFTWARE: a bug here.
  public static let software: Int32 = 70
  /// 128 + SIGINT.
  public static let interrupted: Int32 = 130
}

extension Topology {
  /// One line of `depends_on`.
  public struct Dependency: Sendable, Codable, Equatable {
    /// What the other service must have reached.
    public enum Condition: String, Sendable, Codable, CaseIterable {
      /// Its nodes were started.
      case started = "service_started"
      /// All its nodes are healthy.
      case healthy = "service_healthy"
    }
    /// The service waited for.
    public var service: String
    /// What is waited for.
    public var condition: Condition

    /// Creates a dependency.
    public init(service: String, condition: Condition) {
      self.service = service
      self.condition = condition
    }
  }

  /// A limit of `ulimits`; -1 stands for no limit.
  public struct Ulimit: Sendable, Codable, Equatable {
    /// The limit that applies, in the unit of `setrlimit`.
    public var soft: Int
    /// How far the process itself may raise it; the same as `soft` where the file gives one number.
    public var hard: Int

    /// Creates a limit.
    public init(soft: Int, hard: Int) {
      self.soft = soft
      self.hard = hard
    }
  }

  /// A folder in memory.
  public struct Tmpfs: Sendable, Codable, Equatable {
    /// Where the node sees it.
    public var path: String
    /// The most bytes it holds; nil: the kernel's default.
    public var size: Int?
    /// Permissions; nil: 01777, as Docker does.
    public var mode: Int?

    /// Creates a folder in memory.
    public init(path: String, size: Int? = nil, mode: Int? = nil) {
      self.path = path
      self.size = size
      self.mode = mode
    }
  }

  /// `restart`.
  public enum RestartPolicy: Sendable, Equatable {
    /// Stays ended.
    case never
    /// Started again however it ended.
    case always
    /// Started again after an end with an error, at most `attempts` times (nil: without limit).
    case onFailure(attempts: Int?)
    /// As `always`, but not after somebody stopped it.
    case unlessStopped
  }

  /// One line of a service's `volumes`.
  public struct Mount: Sendable, Codable, Equatable {
    /// What is mounted.
    public enum Source: Sendable, Equatable {
      /// A file or folder, relative to the folder of the file that defines the service, without `./`; `.` is that
      /// folder.
      case folder(String)
      /// A named volume.
      case volume(String)
    }
    /// What is mounted.
    public var source: Source
    /// Where the node sees it.
    public var target: String
    /// Whether the node may only read.
    public var readOnly: Bool

    /// Creates a mount.
    public init(source: Source, target: String, readOnly: Bool) {
      self.source = source
      self.target = target
      self.readOnly = readOnly
    }
  }

  /// A named volume of the top level.
  public struct Volume: Sendable, Codable, Equatable {
    /// The name.
    public var name: String
    /// Whether `judge.yaml` defines it.
    public var judge: Bool
  }

  /// A secret of the top level.
  public struct Secret: Sendable, Codable, Equatable {
    /// The name; nodes see it at `/run/secrets/NAME`.
    public var name: String
    /// The file, relative to the folder of the file that defines the secret, without `./`.
    public var file: String
    /// Whether `judge.yaml` defines it; services of the lab can't have it.
    public var judge: Bool
  }
}

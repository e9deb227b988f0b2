extension Topology {
  /// One service: what its nodes execute, and under which conditions.
  public struct Service: Sendable, Codable, Equatable {
    /// The name, a DNS label: it is the name under which other nodes reach all instances.
    public var name: String
    /// Whether the service stands in `judge.yaml`: it judges and is not judged.
    public var judge: Bool
    /// The program and its first arguments, or nil when the file gives none.
    public var entrypoint: [String]?
    /// The arguments after the entrypoint, or the whole command line without one.
    public var command: [String]?
    /// The variables of the nodes.
    public var environment: [String: String]
    /// The user that runs the nodes: `name`, `uid`, `name:group` or `uid:gid`. Nil: the engine's choice.
    public var user: String?
    /// The folder in which the nodes start, as they see it. Nil: the engine's choice.
    public var workingDirectory: String?
    /// What must be up before the nodes start, sorted by name.
    public var dependsOn: [Dependency]
    /// How the health of a node is found out. Nil: a running node counts as healthy.
    public var healthcheck: Healthcheck?
    /// The number of instances, 0...250. Nil: one node that carries the plain name of the service.
    public var replicas: Int?
    /// Limits by their name without `RLIMIT_`, in lower case: `nofile`, `fsize`.
    public var ulimits: [String: Ulimit]
    /// The most memory of one node, in bytes.
    public var memoryLimit: Int?
    /// Folders in memory, private to each node.
    public var tmpfs: [Tmpfs]
    /// What happens when a node ends by itself.
    public var restart: RestartPolicy
    /// The signal that asks a node to end, `SIGTERM` unless the file says otherwise (Postgres waits for its clients on
    /// SIGTERM and ends their sessions on SIGINT).
    public var stopSignal: String
    /// How long a node may take to end after `stopSignal` before it gets SIGKILL, in milliseconds.
    public var stopGraceMilliseconds: Int
    /// The image of the nodes' containers; nothing to processes. Nil: the engine says that it needs one.
    public var image: String?
    /// What of the nodes' ports this machine offers too, as the file says it; nothing to processes.
    public var ports: [String]
    /// Folders and named volumes that the nodes see.
    public var mounts: [Mount]
    /// Names of secrets; a node sees each as `/run/secrets/NAME`.
    public var secrets: [String]
    /// Where the service is defined, `compose.yaml:12:3`.
    public var place: YAMLPlace

    /// Creates a service that only runs `command`; everything else has the defaults of Compose.
    public init(name: String, judge: Bool = false, command: [String]? = nil, place: YAMLPlace) {
      self.name = name
      self.judge = judge
      self.command = command
      self.environment = [:]
      self.dependsOn = []
      self.ulimits = [:]
      self.tmpfs = []
      self.restart = .never
      self.stopSignal = "SIGTERM"
      self.stopGraceMilliseconds = 10_000
      self.ports = []
      self.mounts = []
      self.secrets = []
      self.place = place
    }

    /// The whole command line: entrypoint, then command.
    public var commandLine: [String] { (entrypoint ?? []) + (command ?? []) }

    /// The names of the nodes.
    public var instances: [String] { instances(count: replicas) }

    /// The names of the nodes if the service ran `count` instances (nil: unnumbered).
    public func instances(count: Int?) -> [String] {
      guard let count else { return [name] }
      return (0..<max(0, count)).map { "\(name)-\($0 + 1)" }
    }

    /// How long a node may take to end after `stopSignal`.
    public var stopGrace: Duration { .milliseconds(stopGraceMilliseconds) }
  }
}

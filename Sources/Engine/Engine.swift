public import Topology

/// What judges, faults and the console may do to a running lab.
///
/// Every call returns when the thing is done, or throws within a bounded time.
public protocol Engine: Sendable {
  /// The folder that the trainee edits.
  var labDirectory: String { get }
  /// Every node of the lab and of the judge, in the topology's order.
  func nodes() async throws -> [NodeStatus]
  /// Ends a node: its stop signal, then SIGKILL after its `stop_grace_period`. No restart policy brings it back.
  func stop(_ node: String) async throws
  /// Ends a node by SIGKILL; it stays down until it is started.
  func kill(_ node: String) async throws
  /// Starts a stopped node; a running one is left alone.
  func start(_ node: String) async throws
  /// Stops the nodes all at once, then starts them in the given order; returns when the last one is spawned.
  func restart(_ nodes: [String]) async throws
  /// SIGSTOP to every process of the node.
  func pause(_ node: String) async throws
  /// SIGCONT to every process of the node.
  func resume(_ node: String) async throws
  /// Changes the number of instances; returns when new ones are spawned and surplus ones (the last) have ended.
  func scale(_ service: String, to count: Int) async throws
  /// Waits until the nodes of the services are healthy; returns those that were not by the time-out (empty: all are).
  func waitHealthy(_ services: Set<String>, timeout: Duration) async throws -> [NodeStatus]
  /// A secret of the lab or of the judge, without its final newline.
  func secret(_ name: String) throws -> String
  /// Runs a command where the lab's names resolve, in the lab folder; of its output 64 KiB are kept.
  func run(
    _ command: [String], environment: [String: String], input: String?, timeout: Duration
  ) async throws -> CommandResult
  /// Runs the lab's `preflight` against a plan that is to be deployed, where it can change nothing. It is told the plan
  /// by `PLAN`, the path of a file of JSON, and the number of instances of each service by `REPLICAS_NAME`. Of its
  /// output 64 KiB are kept; the status is 127 where there is none, 126 where it can't be run, 124 at the time-out.
  func preflight(_ plan: Topology, timeout: Duration) async throws -> CommandResult
  /// Applies a fault: journalled first, undone at the latest when its lease ends, whatever becomes of the caller.
  func inject(_ fault: FaultRequest) async throws -> ActiveFault
  /// Undoes a fault. An unknown or already cleared id is fine.
  func clear(_ id: String) async throws
  /// The faults that are applied now.
  func activeFaults() async throws -> [ActiveFault]
}

/// One node as the engine sees it.
public struct NodeStatus: Sendable, Codable, Equatable {
  /// Where a node is in its life.
  public enum State: String, Sendable, Codable {
    /// Waits for what it depends on.
    case waiting
    /// Spawned; its health check has not answered yet.
    case starting
    /// Running, without a health check.
    case running
    case healthy
    case unhealthy
    /// Frozen by SIGSTOP.
    case paused
    /// Ended on request.
    case stopped
    /// Ended by itself and not coming back.
    case failed
  }

  /// `inventory-7`, or the service's name where it has no `deploy.replicas`.
  public var name: String
  /// The service it is an instance of.
  public var service: String
  /// True for nodes of the judge's own topology.
  public var judge: Bool
  /// The loopback address that is this node's own.
  public var address: String
  /// The process id seen from outside the node; nil when it does not run.
  public var pid: Int32?
  /// Where it is in its life.
  public var state: State
  /// How often its restart policy brought it back.
  public var restarts: Int
  /// Seconds since 1970; nil before its first start.
  public var startedAt: Double?
  /// How it ended last: `exit 1`, `signal 9`; with a reason after a comma where the machine told one.
  public var exit: String?

  /// Makes a status; `startedAt` is in seconds since 1970.
  public init(
    name: String, service: String, judge: Bool, address: String, pid: Int32? = nil, state: State = .waiting,
    restarts: Int = 0, startedAt: Double? = nil, exit: String? = nil
  ) {
    self.name = name
    self.service = service
    self.judge = judge
    self.address = address
    self.pid = pid
    self.state = state
    self.restarts = restarts
    self.startedAt = startedAt
    self.exit = exit
  }

  /// True where the node's process runs and is not frozen.
  public var isUp: Bool { pid != nil && state != .paused }
}

/// What a command printed and how it ended.
public struct CommandResult: Sendable, Codable, Equatable {
  /// The exit status; 128 + signal where a signal ended it; 124 where the time-out did.
  public var status: Int32
  /// Standard output and error in the order they came, 64 KiB at most.
  public var output: String

  /// Makes a result.
  public init(status: Int32, output: String) {
    self.status = status
    self.output = output
  }
}

/// A fault to apply. Kinds and their parameters: `FaultKind`.
public struct FaultRequest: Sendable, Codable, Equatable {
  /// One of `FaultKind.parameters`.
  public var kind: String
  /// By the names that its kind knows.
  public var parameters: [String: String]
  /// Seconds after which the fault heals by itself, 1...3600.
  public var lease: Double

  /// Makes a request; `lease` in seconds, 1...3600.
  public init(kind: String, parameters: [String: String], lease: Double) {
    self.kind = kind
    self.parameters = parameters
    self.lease = lease
  }
}

/// A fault that is applied now.
public struct ActiveFault: Sendable, Codable, Equatable {
  /// Unique in the lab.
  public var id: String
  /// One of `FaultKind.parameters`.
  public var kind: String
  /// By the names that its kind knows.
  public var parameters: [String: String]
  /// Seconds since 1970.
  public var expiresAt: Double

  /// Makes a record of an applied fault; `expiresAt` in seconds since 1970.
  public init(id: String, kind: String, parameters: [String: String], expiresAt: Double) {
    self.id = id
    self.kind = kind
    self.parameters = parameters
    self.expiresAt = expiresAt
  }
}

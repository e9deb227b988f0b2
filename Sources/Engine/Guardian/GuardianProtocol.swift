/// What the guardian needs to know to start a node, and to start it again.
struct SpawnSpec: Codable, Sendable, Equatable {
  /// Something mounted into the node's root; `source` nil is a fresh tmpfs with `options`.
  struct Mount: Codable, Sendable, Equatable {
    var source: String?
    var target: String
    var readOnly: Bool
    var options: String

    /// A folder or file of the host at `target`. Links are followed now: whoever mounts it follows none.
    static func bind(_ source: String, at target: String, readOnly: Bool = false) -> Mount {
      Mount(source: RealPath.of(source) ?? source, target: target, readOnly: readOnly, options: "")
    }

    /// A fresh tmpfs at `target`, with options as for mount(8).
    static func tmpfs(at target: String, options: String) -> Mount {
      Mount(source: nil, target: target, readOnly: false, options: options)
    }
  }

  /// A limit by its RLIMIT number.
  struct Limit: Codable, Sendable, Equatable {
    var resource: Int32
    var soft: UInt64
    /// The node can't raise it above this.
    var hard = UInt64.max

    /// Bytes of one file (RLIMIT_FSIZE).
    static func fileSize(_ bytes: UInt64) -> Limit { Limit(resource: 1, soft: bytes, hard: bytes) }
    /// Processes and threads of the node's user (RLIMIT_NPROC).
    static func processes(_ count: UInt64) -> Limit { Limit(resource: 6, soft: count, hard: count) }
  }

  /// Whom the node runs as.
  struct User: Codable, Sendable, Equatable {
    var uid: UInt32
    var gid: UInt32
  }

  /// What a container has and a process has not.
  struct Container: Codable, Sendable, Equatable {
    /// A port of this machine that leads to one of the node's.
    struct Port: Codable, Sendable, Equatable {
      /// Of the loopback network.
      var address: String
      var published: Int
      var target: Int
    }

    var image: String
    /// Bytes; nil: no limit.
    var memory: Int?
    var ports: [Port]
  }

  var node: String
  var service: String
  var judge: Bool
  var address: String
  var argv: [String]
  /// `KEY=value`, in order.
  var environment: [String]
  var directory: String
  var mounts: [Mount]
  var limits: [Limit]
  /// nil: the user who started the lab.
  var user: User?
  /// Where standard output and error are appended.
  var log: String
  /// Seconds between the stop signal and SIGKILL.
  var stopGrace: Double
  var stopSignal: Int32
  var restart: RestartPolicy
  /// Identifies what the node was made from: another fingerprint means that it has to be deployed anew.
  var fingerprint: String
  /// nil for a process.
  var container: Container?
}

/// Whether a node that ended by itself is started again (Compose's `restart`).
enum RestartPolicy: Codable, Sendable, Equatable {
  case never
  /// After a failure, at most `limit` times in a row (nil: without end).
  case onFailure(limit: Int?)
  case always

  /// Seconds to wait before the next start, or nil to leave it ended. Doubles from 0.1 s to 5 s, as Docker does.
  func delay(failed: Bool, runs: Int) -> Double? {
    let wait = min(5, 0.1 * Double(1 << min(runs, 10)))
    switch self {
    case .never: return nil
    case .always: return wait
    case .onFailure(let limit):
      guard failed else { return nil }
      if let limit, runs >= limit { return nil }
      return wait
    }
  }
}

/// An order to the guardian. It is small on purpose: everything that must survive the controller is one of these.
indirect enum GuardianOrder: Codable, Sendable, Equatable {
  /// Starts a node, or replaces the record of a stopped one and starts it.
  case spawn(SpawnSpec)
  /// Ends a node gracefully; it stays down. Answered when it has ended.
  case stop(node: String)
  case kill(node: String)
  case start(node: String)
  case freeze(node: String)
  case thaw(node: String)
  /// Freezes those processes of a node whose command line holds a text; `thaw` lets them go on.
  case freezeProcess(node: String, title: String)
  /// Ends a node and forgets it.
  case remove(node: String)
  case list
  /// Journals the fault, then carries out its `apply` orders.
  case inject(FaultRecord)
  /// Undoes a fault; answered when its undoing is done. One that is not applied is fine.
  case clear(fault: String)
  case faults
  /// Starts the controller if it does not run.
  case ensureController
  /// Ends everything, then the guardian itself. No node gets more than `within` seconds, whatever its grace.
  case shutdown(within: Double?)
}

/// A fault in the journal, with what undoes it.
struct FaultRecord: Codable, Sendable, Equatable {
  var id: String
  var kind: String
  var parameters: [String: String]
  /// Seconds from its injection after which the guardian undoes it by itself.
  var lease: Double
  /// Seconds since 1970; for people and the journal, the lease itself runs on a monotonic clock.
  var expiresAt: Double
  var apply: [GuardianOrder]
  var undo: [GuardianOrder]
}

/// What the guardian knows of a node.
struct NodeRecord: Codable, Sendable, Equatable {
  var spec: SpawnSpec
  var pid: Int32?
  var stopped: Bool
  var frozen: Bool
  var restarts: Int
  var startedAt: Double?
  var exit: String?
  /// The guardian has forgotten it: it will not come back by itself.
  var gone = false
  /// Of two records of a lab the higher one is the fresher.
  var revision = 0
}

/// Tells fresh records from stale ones: an answer may overtake news that are older.
struct FreshRecords {
  private var latest: [String: Int] = [:]

  /// Whether nothing fresher has been seen of the node; a record is taken once.
  mutating func take(_ record: NodeRecord) -> Bool {
    guard record.revision > latest[record.spec.node] ?? -1 else { return false }
    latest[record.spec.node] = record.revision
    return true
  }
}

/// A line from a client to the guardian.
struct GuardianRequest: Codable {
  var id: Int
  var order: GuardianOrder
}

/// A line from the guardian: an answer (`id`), or news of a node (`node`) or of a fault that is undone (`cleared`).
struct GuardianReply: Codable {
  var id: Int?
  var error: String?
  /// Whether that is trouble of this machine's, and not of the lab's.
  var isHostTrouble: Bool?
  var nodes: [NodeRecord]?
  var faults: [FaultRecord]?
  var node: NodeRecord?
  var cleared: FaultRecord?
}

import DrillCore
import Engine
import Load
import Probes
import Synchronization
import Topology

/// What every step of a trial works with.
struct TrialContext: Sendable {
  let engine: any Engine
  let scenario: Scenario
  let topology: Topology
  let seed: UInt64
  let recorder: HistoryRecorder
  let load: LoadClient
  let http: HTTPProbe
  let memory: GradeMemory
  /// A line for people.
  let progress: @Sendable (String) -> Void
  /// Whether what people read must not name the failure.
  var isBlind = false

  /// The port that every service of the shop listens on.
  static let servicePort = 8080

  /// A line for people that would name the failure, or help to guess it.
  func tell(_ text: String) {
    if !isBlind { progress(text) }
  }

  /// Does one step.
  ///
  /// - Returns: whether the trial goes on.
  func perform(_ step: Step, trial: String) async throws -> Bool {
    switch step {
    case .require(let step): return try await require(step, trial: trial)
    case .restart(let step): try await restart(step, trial: trial)
    case .scale(let step): try await scale(step, trial: trial)
    case .settle(let step): try await settle(step, trial: trial)
    case .inject(let step): try await inject(step, trial: trial)
    case .replicas(let step): return try await replicas(step, trial: trial)
    case .window(let step): try await window(step, trial: trial)
    case .drain(let step): try await drain(step)
    case .alone(let step): try await alone(step, trial: trial)
    case .crash(let step): try await crash(step, trial: trial)
    case .rest(let step): try await rest(step, trial: trial)
    case .hold(let step): try await hold(step, trial: trial)
    case .provoke(let step): try await provoke(step, trial: trial)
    case .preflight(let step): try await preflight(step, trial: trial)
    case .gate(let step): try await gate(step, trial: trial)
    }
    return true
  }

  /// The running instances of `service`, in the topology's order.
  func instances(of service: String) async throws -> [NodeStatus] {
    try await engine.nodes().filter { $0.service == service && !$0.judge && $0.isUp }
  }

  /// The first running node of `service`, of the lab or of the judge.
  func node(of service: String) async throws -> NodeStatus {
    guard let node = try await engine.nodes().first(where: { $0.service == service && $0.isUp }) else {
      throw GradingError("no node of \(service) runs")
    }
    return node
  }

  func targets(_ nodes: [NodeStatus]) -> [PlannedRequest.Target] {
    nodes.map { PlannedRequest.Target(name: $0.name, authority: "\($0.address):\(Self.servicePort)") }
  }

  func record(_ fault: String, _ action: String, trial: String, id: String, _ parameters: [String: String] = [:]) {
    let all = parameters.merging(["trial": trial]) { own, _ in own }
    recorder.record(.fault(FaultEvent(id: id, kind: fault, action: action, parameters: all)))
  }

  func probe(
    _ name: String, ok: Bool, value: Double? = nil, text: String? = nil, labels: [String: String] = [:]
  ) {
    recorder.record(.probe(ProbeEvent(name: name, ok: ok, value: value, text: text, labels: labels)))
  }

  /// Records that a probe could not look; nothing follows from that about the lab.
  func dead(_ name: String, _ error: any Error, labels: [String: String] = [:]) {
    let all = labels.merging(["dead": "true"]) { own, _ in own }
    probe(name, ok: false, text: "\(error)", labels: all)
  }
}

/// What the steps of a grade remember for each other.
final class GradeMemory: Sendable {
  private struct State {
    var databases: [String: DatabaseProbe] = [:]
    var nodes: [String: String] = [:]
    var faults: [String] = []
    var stockRead = false
    var alone: Set<String> = []
    var replicas: [String]?
    var charges: Set<String>?
    var company: Int32?
    var servers: Set<String> = []
  }

  private let state = Mutex(State())

  func database(_ name: String) -> DatabaseProbe? { state.withLock { $0.databases[name] } }
  func databaseNode(_ name: String) -> String? { state.withLock { $0.nodes[name] } }

  func keep(_ probe: DatabaseProbe, of node: String, as name: String) {
    state.withLock {
      $0.databases[name] = probe
      $0.nodes[name] = node
    }
  }

  /// Remembers a fault of the engine's that has to be cleared.
  func owe(_ fault: String) { state.withLock { $0.faults.append(fault) } }

  /// Whether it is such a fault.
  func owes(_ fault: String) -> Bool { state.withLock { $0.faults.contains(fault) } }

  /// The faults that have to be cleared, newest first; forgets them.
  func takeFaults() -> [String] {
    state.withLock { state in
      defer { state.faults = [] }
      return state.faults.reversed()
    }
  }

  /// The replicas in the order of this grade; `nil` until somebody looked for them.
  var replicas: [String]? { state.withLock { $0.replicas } }
  func keep(replicas: [String]) { state.withLock { $0.replicas = replicas } }

  /// The keys that stood in the payment company's book when the grade began; `nil` until somebody looked.
  var earlierCharges: Set<String>? { state.withLock { $0.charges } }
  /// The process that keeps the book, as it was then.
  var company: Int32? { state.withLock { $0.company } }
  func keep(earlierCharges keys: Set<String>, of company: Int32?) {
    state.withLock {
      $0.charges = keys
      $0.company = company
    }
  }

  /// The nodes whose Postgres has let the judge in.
  var servers: Set<String> { state.withLock { $0.servers } }
  func wasLetIn(by node: String) { state.withLock { _ = $0.servers.insert(node) } }

  /// The instances that have answered alone.
  var alone: Set<String> { state.withLock { $0.alone } }
  func answeredAlone(_ node: String) { state.withLock { _ = $0.alone.insert(node) } }

  /// True the first time only.
  func isFirstLookAtStock() -> Bool {
    state.withLock { state in
      defer { state.stockRead = true }
      return !state.stockRead
    }
  }
}

/// The grade could not be carried out: trouble of the grader's own or of the machine's.
public struct GradingError: Error, Sendable, CustomStringConvertible {
  /// What failed, and what would be right.
  public let description: String

  /// An error told in `description`.
  public init(_ description: String) { self.description = description }
}

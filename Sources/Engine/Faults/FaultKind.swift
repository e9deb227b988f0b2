import Foundation

/// The faults there are, with their parameters checked: anything unknown or out of range is refused.
public enum FaultKind: Sendable, Equatable {
  /// `stop-node`: ends nodes gracefully; undone by starting them.
  case stopNodes([String])
  /// `kill-node`: SIGKILL; undone by starting the nodes again.
  case killNodes([String])
  /// `pause-node`: freezes every process of the nodes; undone by letting them go on.
  case pauseNodes([String])
  /// `pause-process`: freezes those processes of a node whose command line holds a text, such as `walreceiver`; undone
  /// by letting the node go on.
  case pauseProcess(node: String, title: String)
  /// `scale`: changes a service's number of instances; undone by changing it back.
  case scale(service: String, to: Int)
  /// Any other kind: a process of its own does it, as long as it lives, and undoes it when it is ended.
  case worker(FaultWorker)

  /// The nodes that it names.
  var nodes: [String] {
    switch self {
    case .stopNodes(let nodes), .killNodes(let nodes), .pauseNodes(let nodes): nodes
    case .pauseProcess(let node, _): [node]
    case .scale, .worker: []
    }
  }

  /// Longest lease, in seconds.
  public static let longestLease = 3600.0
  /// What a lease may be, in seconds.
  public static let leases = 1...longestLease

  /// The names of all kinds with their parameters, for help texts. `node` is a name, or several with commas between.
  public static var parameters: [String: [String]] { rules.mapValues { $0.map(\.name) } }

  /// What a parameter may be.
  private enum Rule {
    case text(String)
    case number(String, ClosedRange<Int>)
    case choice(String, [String])
    /// May be left out.
    case optional(String, ClosedRange<Double>)
    /// What it may be depends on the others.
    case dependent(String)

    var name: String {
      switch self {
      case .text(let name), .number(let name, _), .choice(let name, _), .optional(let name, _), .dependent(let name):
        name
      }
    }

    /// What is wrong with the value; nil for nothing.
    func problem(with value: String?) -> FaultProblem? {
      let text = value ?? ""
      func number(_ range: ClosedRange<some Any>) -> FaultProblem {
        .about(name, "\(text) is not a number from \(range.lowerBound) to \(range.upperBound)")
      }
      switch self {
      case .dependent: return nil
      case .optional(_, let range):
        return value == nil || Double(text).map(range.contains) == true ? nil : number(range)
      case .text: return text.isEmpty ? .isMissing(name) : nil
      case .number(_, let range):
        if text.isEmpty { return .isMissing(name) }
        return Int(text).map(range.contains) == true ? nil : number(range)
      case .choice(_, let words):
        if text.isEmpty { return .isMissing(name) }
        return words.contains(text) ? nil : .about(name, "\(text) is none of \(words.joined(separator: ", "))")
      }
    }
  }

  private static let milliseconds = 0...600_000
  private static let rules: [String: [Rule]] = [
    "stop-node": [.text("node")],
    "kill-node": [.text("node")],
    "pause-node": [.text("node")],
    "pause-process": [.text("node"), .text("process")],
    "scale": [.text("service"), .number("to", 0...250)],
    // Database connections, opened and kept.
    "hold-connections": [
      .text("host"), .number("port", 1...65_535), .text("user"), .text("database"), .text("password_secret"),
      .number("count", 1...2000),
    ],
    // A Postgres replica that receives and doesn't apply.
    "replay-pause": [.text("host")],
    // A Postgres replica that applies in gulps, `from_ms` to `to_ms` apart: what was written shows up to so much later.
    "replay-lag": [.text("host"), .number("from_ms", milliseconds), .number("to_ms", milliseconds)],
    // Keys of a Redis that match a pattern, deleted every so often.
    "redis-flush": [.text("host"), .text("pattern"), .number("every_ms", 10...60_000)],
    // Keys of a Redis that match a pattern, which then live no longer than so.
    "redis-expire": [.text("host"), .text("pattern"), .number("ttl_ms", 1...600_000)],
    // Sessions that ask a Postgres for much, one query after the other.
    "slow-queries": [.text("host"), .text("database"), .number("count", 1...64)],
    // A job beside the shop: one that reads every table, or one that commits row by row.
    "background-job": [.text("host"), .text("database"), .choice("job", ["dump", "import"])],
    // The stock of a product, locked and kept.
    "hold-row": [.text("host"), .text("database"), .text("sku")],
    // Two sessions of nobody's that lock crosswise, again and again.
    "deadlocks": [.text("host"), .text("database")],
    // How the payment provider behaves.
    "provider": [
      .optional("latency_ms", 0...600_000), .optional("latency_factor", 0...1000), .optional("capacity", 1...100_000),
      .optional("error_rate", 0...1), .optional("decline_rate", 0...1), .optional("silence_rate", 0...1),
      .optional("hang_ms", 0...600_000), .optional("transient_rate", 0...1), .optional("transient_seed", 0...1e15),
    ],
    // A link of a proxy is slow, narrow, broken or silent.
    "toxic": ToxicParameters.names.map { .dependent($0) },
  ]

  /// Reads a request; every problem is reported at once.
  public init(_ request: FaultRequest) throws {
    guard let rules = Self.rules[request.kind] else {
      let nearest = Self.rules.keys.sorted().joined(separator: ", ")
      throw EngineError("unknown fault \(request.kind): one of \(nearest)", code: .usage)
    }
    let problems = Self.problems(with: request, rules)
    guard problems.isEmpty else {
      let words = problems.map { "\(request.kind): \($0)" }
      throw EngineError(words.joined(separator: "\n"), code: .usage)
    }
    func text(_ name: String) -> String { request.parameters[name] ?? "" }
    let nodes = Self.names(in: text("node"))
    switch request.kind {
    case "stop-node": self = .stopNodes(nodes)
    case "kill-node": self = .killNodes(nodes)
    case "pause-node": self = .pauseNodes(nodes)
    case "pause-process": self = .pauseProcess(node: text("node"), title: text("process"))
    case "scale": self = .scale(service: text("service"), to: Int(text("to")) ?? 0)
    default: self = .worker(FaultWorker(kind: request.kind, values: request.parameters, lease: request.lease))
    }
  }

  /// Everything that is wrong with a request, at once; nil when there is no such kind.
  public static func problems(with request: FaultRequest) -> [FaultProblem]? {
    rules[request.kind].map { problems(with: request, $0) }
  }

  /// The names of a list with commas between.
  public static func names(in list: String) -> [String] {
    list.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func problems(with request: FaultRequest, _ rules: [Rule]) -> [FaultProblem] {
    var problems: [FaultProblem] = []
    if !leases.contains(request.lease) {
      problems.append(.about("lease", "\(request.lease) is not between 1 and \(Int(longestLease)) seconds"))
    }
    let names = rules.map(\.name)
    if request.kind == "provider", request.parameters.isEmpty {
      let words = names.joined(separator: ", ")
      problems.append(.about(nil, "say what changes, such as latency_factor=20; it takes \(words)"))
    }
    for name in request.parameters.keys.sorted() where !names.contains(name) {
      let words = names.joined(separator: ", ")
      problems.append(.about(name, "\(request.kind) has no such parameter; it takes \(words)"))
    }
    problems += rules.compactMap { $0.problem(with: request.parameters[$0.name]) }
    if ["stop-node", "kill-node", "pause-node"].contains(request.kind), let list = request.parameters["node"] {
      let nodes = Self.names(in: list)
      if nodes.contains(""), !list.isEmpty { problems.append(.about("node", "a name is missing in \(list)")) }
      if Set(nodes).count < nodes.count { problems.append(.about("node", "a name stands twice in \(list)")) }
    }
    if request.kind == "toxic" { problems += ToxicParameters.problems(request.parameters) }
    return problems
  }
}

/// A fault that a process of its own carries out.
public struct FaultWorker: Sendable, Equatable {
  /// The kind of fault.
  public var kind: String
  /// Its parameters, checked.
  public var values: [String: String]
  /// How long the fault lasts, in seconds.
  public var lease: Double

  /// What its process is told: provider and proxy keep the lease themselves.
  var orders: [String: String] {
    var all = values
    if kind == "provider" || kind == "toxic" { all["lease_seconds"] = "\(lease)" }
    return all
  }

  /// The secret that the worker needs: the one that is named, the provider's or the proxy's token, Redis' password, or
  /// the superuser's.
  var secret: String {
    if kind == "toxic" { return "proxy-token" }
    return values["password_secret"]
      ?? (kind == "provider" ? "provider-token" : kind.hasPrefix("redis-") ? "redis-password" : "postgres-password")
  }

  /// How long its undoing may take, in seconds.
  var stopGrace: Double { kind == "hold-connections" ? 1 : 5 }
}

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
  /// `hold-connections`: opens database connections and keeps them; undone by closing them.
  case holdConnections(HeldConnections)

  /// Which connections are held.
  public struct HeldConnections: Sendable, Equatable {
    /// A node's name.
    public var host: String
    /// TCP port.
    public var port: Int
    /// The role that logs in.
    public var user: String
    /// The database.
    public var database: String
    /// The name of the secret that holds the password.
    public var passwordSecret: String
    /// 1...2000 connections.
    public var count: Int
  }

  /// Longest lease, in seconds.
  public static let longestLease = 3600.0

  /// The names of all kinds with their parameters, for help texts. `node` is a name, or several with commas between.
  public static let parameters: [String: [String]] = [
    "stop-node": ["node"], "kill-node": ["node"], "pause-node": ["node"], "pause-process": ["node", "process"],
    "scale": ["service", "to"],
    "hold-connections": ["host", "port", "user", "database", "password_secret", "count"],
  ]

  /// Reads a request; every problem is reported at once.
  public init(_ request: FaultRequest) throws {
    guard let wanted = Self.parameters[request.kind] else {
      throw EngineError(
        "unknown fault \(request.kind): one of \(Self.parameters.keys.sorted().joined(separator: ", "))", code: .usage)
    }
    var problems: [String] = []
    if !(request.lease >= 1 && request.lease <= Self.longestLease) {
      problems.append("lease: \(request.lease) is not between 1 and \(Int(Self.longestLease)) seconds")
    }
    for name in request.parameters.keys.sorted() where !wanted.contains(name) {
      problems.append("\(name): \(request.kind) has no such parameter; it takes \(wanted.joined(separator: ", "))")
    }
    for name in wanted where (request.parameters[name] ?? "").isEmpty { problems.append("\(name) is missing") }
    func text(_ name: String) -> String { request.parameters[name] ?? "" }
    func number(_ name: String, _ range: ClosedRange<Int>) -> Int {
      guard let value = Int(text(name)), range.contains(value) else {
        if !text(name).isEmpty {
          problems.append("\(name): \(text(name)) is not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return range.lowerBound
      }
      return value
    }
    func nodes() -> [String] {
      let names = text("node").split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if names.contains(""), !text("node").isEmpty { problems.append("node: a name is missing in \(text("node"))") }
      if Set(names).count < names.count { problems.append("node: a name stands twice in \(text("node"))") }
      return names
    }
    switch request.kind {
    case "stop-node": self = .stopNodes(nodes())
    case "kill-node": self = .killNodes(nodes())
    case "pause-node": self = .pauseNodes(nodes())
    case "pause-process": self = .pauseProcess(node: text("node"), title: text("process"))
    case "scale": self = .scale(service: text("service"), to: number("to", 0...250))
    default:
      self = .holdConnections(
        HeldConnections(
          host: text("host"), port: number("port", 1...65535), user: text("user"), database: text("database"),
          passwordSecret: text("password_secret"), count: number("count", 1...2000)))
    }
    guard problems.isEmpty else {
      throw EngineError("\(request.kind): " + problems.joined(separator: "\n\(request.kind): "), code: .usage)
    }
  }
}

public import Engine
public import Topology

/// What is said of nodes where somebody named one that isn't there, or isn't of the kind that is wanted.
public enum NodeNames {
  /// The lab's nodes in a line: `redis, order-1 and order-2, inventory-1 to inventory-101`.
  public static func summary(_ nodes: [NodeStatus]) -> String {
    let own = nodes.filter { !$0.judge }
    let services = own.reduce(into: [String]()) { if !$0.contains($1.service) { $0.append($1.service) } }
    return services.map { service in
      let names = own.filter { $0.service == service }.map(\.name)
      switch names.count {
      case 1: return names[0]
      case 2: return "\(names[0]) and \(names[1])"
      default: return "\(names[0]) to \(names[names.count - 1])"
      }
    }.joined(separator: ", ")
  }

  /// `there is no node X; there are ...`
  public static func unknown(_ name: String, among nodes: [NodeStatus]) -> EngineError {
    let near = Spelling.hint(for: name, among: nodes.map(\.name))
    return EngineError("there is no node \(name)\(near); there are: \(summary(nodes))", code: .usage)
  }

  /// What a node serves, as far as one can log in there.
  public enum Server: String, Sendable {
    case postgres = "Postgres"
    case redis = "Redis"

    fileprivate var programs: [String] { self == .postgres ? ["postgres", "pgbouncer"] : ["redis"] }
  }

  /// Why one cannot log in to `node` as to a `server`, and where one can; nil where one can, or where nothing is known
  /// of any such node.
  public static func refusal(of node: NodeStatus, as server: Server, in topology: Topology, _ nodes: [NodeStatus])
    -> EngineError?
  {
    let services = Set(topology.services.filter { serves($0, server) }.map(\.name))
    guard !services.isEmpty, !services.contains(node.service) else { return nil }
    let right = nodes.filter { services.contains($0.service) }
    return EngineError("\(node.name) is no \(server.rawValue) node; there are: \(summary(right))", code: .usage)
  }

  /// By its command line, or by settings that only such a server has.
  private static func serves(_ service: Topology.Service, _ server: Server) -> Bool {
    guard !service.judge else { return false }
    return server.programs.contains { program in
      service.commandLine.contains { $0.lowercased().contains(program) }
        || service.environment.keys.contains { $0.lowercased().hasPrefix(program + "_") }
    }
  }
}

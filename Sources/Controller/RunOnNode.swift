import Engine
import Foundation

extension Wire {
  /// The body of `POST /v1/run`.
  public struct Run: Codable, Sendable {
    /// Where.
    public var node: String
    /// A program and its arguments.
    public var command: [String]

    /// Makes an order to run `command` on `node`.
    public init(node: String, command: [String]) {
      self.node = node
      self.command = command
    }
  }
}

/// What a command on a node finds in its environment besides the node's own variables.
public enum NodeLogin {
  /// psql by hand from the node must not ask for the password that the service itself reads from a file.
  ///
  /// It goes through the environment, which others cannot read as they can a command line.
  public static func variables(of pid: Int32) -> [String: String] {
    let environment = NodeCommand.environment(of: pid)
    guard let file = environment.first(where: { $0.key.hasSuffix("_DATABASE_PASSWORD_FILE") })?.value,
      let password = PlainFile.text(file, below: "/proc/\(pid)/root", atMost: 4096)
    else { return [:] }
    let login = ["PGPASSWORD": password.trimmingCharacters(in: .whitespacesAndNewlines), "PGCONNECT_TIMEOUT": "5"]
    return login.filter { environment[$0.key] == nil }
  }
}

/// Commands on a node for who can't go there: an ordinary user's shell with the lab's names is a user namespace of its
/// own, and from there no other one can be entered. The controller stands outside.
extension LabController {
  /// How long such a command may take.
  public static let longestRun = Duration.seconds(600)

  /// Runs a command on a node, without input; its output goes to `report` in pieces as it comes. It ends with the task.
  ///
  /// - Returns: its exit status, 124 where its time was over, as JSON.
  /// - Throws: `EngineError` for an unknown node, one that does not run, and an empty command.
  public func run(_ order: Wire.Run, report: @escaping Report) async throws -> String {
    let nodes = await engine.nodes()
    guard let node = nodes.first(where: { $0.name == order.node }) else {
      throw NodeNames.unknown(order.node, among: nodes)
    }
    guard let pid = node.pid else { throw EngineError("\(order.node) does not run", code: .usage) }
    let added = NodeCommand.environment(adding: NodeLogin.variables(of: pid))
    let result = try await CommandRunner.run(
      NodeCommand.line(order.command, inNode: pid, by: installation),
      environment: ProcessInfo.processInfo.environment.merging(added) { _, new in new }, timeout: Self.longestRun,
      onOutput: { if !$0.isEmpty { report($0) } })
    return "\(result.status)"
  }
}

import CPlatform
import Foundation

/// Runs commands inside a node: in its namespaces, with its user, limits and environment.
///
/// A program of ours enters the node (`firedrill enter-node PID -- COMMAND...`). What a node's environment holds is the
/// lab's: no program that runs outside the node may see it, since `LD_PRELOAD` would make it the lab's program.
public enum NodeCommand {
  /// Variables so called, without this, are the command's besides the node's own.
  private static let prefix = "FIREDRILL_NODE_"

  /// The command line that runs `command` inside the node whose first process is `pid`.
  public static func line(_ command: [String], inNode pid: Int32, by installation: Installation) -> [String] {
    [installation.firedrill, "enter-node", "\(pid)", "--"] + command
  }

  /// What `line` needs in its environment so that the command finds these variables.
  public static func environment(adding variables: [String: String]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: variables.map { (prefix + $0.key, $0.value) })
  }

  /// The same for lines `KEY=value`.
  static func environment(adding lines: [String]) -> [String: String] { environment(adding: variables(lines)) }

  /// The variables of a node's first process.
  public static func environment(of pid: Int32) -> [String: String] {
    let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
    return variables(data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
  }

  private static func variables(_ lines: [String]) -> [String: String] {
    lines.reduce(into: [:]) { all, line in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { all[String(parts[0])] = String(parts[1]) }
    }
  }

  /// Becomes the command inside the node, until it has ended: what `enter-node` does. The process must have one thread.
  ///
  /// - Returns: the command's exit status, 128 + signal where one ended it.
  /// - Throws: `EngineError` for a node that can't be entered.
  public static func enter(_ pid: Int32, _ command: [String]) throws -> Int32 {
    let added = ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    let variables = environment(of: pid).merging(added) { _, new in new }
    let text = CTexts()
    var message = [CChar](repeating: 0, count: 256)
    let status = withExtendedLifetime(text) {
      firedrill_enter_node(
        pid, text.vector(command), text.vector(variables.map { "\($0.key)=\($0.value)" }), &message, message.count)
    }
    guard status >= 0 else { throw EngineError(message.text) }
    return status
  }
}

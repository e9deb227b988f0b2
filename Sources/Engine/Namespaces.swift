import Foundation

/// Whether nodes can be processes here: each gets namespaces of its own, with a root and a /proc mounted in them.
public enum Namespaces {
  /// The line that mends a machine or container where they are refused.
  public static var remedy: String {
    getuid() == 0
      ? "run in a container or machine with CAP_SYS_ADMIN"
      : "run as root, or allow user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
  }

  /// Why they are refused, in the system's words; nil where they work.
  public static func refusal() async throws -> String? {
    let tried = try await trial()
    return tried.status == 0 ? nil : words(of: tried)
  }

  private static func words(of tried: CommandResult) -> String {
    tried.output.split(whereSeparator: \.isNewline).last.map(String.init) ?? "unshare ended with \(tried.status)"
  }

  private static func trial() async throws -> CommandResult {
    // A user namespace takes the place of root's rights.
    let user = getuid() == 0 ? [] : ["-U", "-r"]
    return try await CommandRunner.run(
      ["/usr/bin/unshare"] + user + ["-m", "-p", "-f", "-u", "-i", "--mount-proc", "/bin/true"], timeout: .seconds(5))
  }

  /// - Throws: `EngineError` (`missingPart`) with the remedy where they are refused.
  public static func require() async throws {
    // A trial that can't be made says nothing of namespaces: labs meet what stands in its way, and tell it.
    // 124 to 127 are timeout(1)'s own: too slow, or not to be run at all.
    guard let tried = try? await trial(), tried.status != 0, !(124...127).contains(tried.status) else { return }
    let refusal = words(of: tried)
    throw EngineError("namespaces are refused here (\(refusal)): \(remedy)", code: .missingPart)
  }
}

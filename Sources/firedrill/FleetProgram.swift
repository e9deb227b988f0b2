import Engine
import Foundation

/// The services' program that somebody hands in: a file, or an image that has one in `/app/bin/fleet`.
enum FleetProgram {
  private static let place = "/app/bin/fleet"

  /// Puts it into a lab, whose nodes run it in place of the installation's.
  ///
  /// - Throws: `EngineError` with code `usage` where it is neither a program nor such an image.
  static func put(_ name: String, into lab: LabFolder) async throws {
    let folder = lab.stateFolder + "/bin"
    let target = folder + "/fleet"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if FileManager.default.fileExists(atPath: name) {
      guard FileManager.default.isExecutableFile(atPath: name) else {
        throw EngineError("--fleet: \(name) is no program", code: .usage)
      }
      return try FileManager.default.copyItem(atPath: name, toPath: target)
    }
    // A container that never begins: nothing of the image's runs before the lab's bounds hold.
    let made = try await docker(["create", "--pull=never", "--network=none", "--", name, place])
    guard made.status == 0, let container = made.output.split(separator: "\n").last.map(String.init) else {
      throw EngineError(
        "--fleet: \(name) is neither a program nor an image of a Docker engine here: \(made.output.prefix(300))",
        code: .usage)
    }
    let copied = try await docker(["cp", "\(container):\(place)", target])
    _ = try await docker(["rm", "--volumes", container])
    var info = stat()
    guard copied.status == 0, lstat(target, &info) == 0, info.st_mode & S_IFMT == S_IFREG, info.st_mode & 0o111 != 0
    else { throw EngineError("--fleet: the image \(name) has no program \(place)", code: .usage) }
  }

  private static func docker(_ arguments: [String]) async throws -> CommandResult {
    try await CommandRunner.run(["docker"] + arguments, timeout: .seconds(60))
  }
}

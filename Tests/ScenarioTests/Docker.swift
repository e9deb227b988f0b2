import Foundation
import Testing

/// Docker and Compose, asked past the console.
extension CLI {
  /// What a command of Docker's prints, without the spaces around it; it must end well.
  func docker(_ arguments: String...) throws -> String {
    let result = try launch(["docker"] + arguments, program: "/usr/bin/env").wait(30)
    try #require(result.status == 0, "\(result.errors)")
    return result.out.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Whichever Compose is there.
  static let anyCompose = "$(docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)"

  func compose(in folder: String, _ arguments: String) throws -> Result {
    try launch(["-c", "cd '\(folder)' && \(Self.anyCompose) \(arguments)"], program: "/bin/sh").wait(120)
  }

  /// The run folders of the labs that graders in containers have in Docker.
  func labsOfGraders() throws -> Set<String> {
    let folders = try docker("ps", "--all", "--format", "{{.Label \"firedrill.run\"}}").split(separator: "\n")
    return Set(folders.map(String.init).filter { $0.hasPrefix("/var/lib/firedrill-grader/") })
  }

  /// Nothing of the lab with that run folder is left in Docker.
  func requireNothing(of run: String) throws {
    let filter = "label=firedrill.run=\(run)"
    #expect(try docker("ps", "--all", "--quiet", "--filter", filter).isEmpty)
    #expect(try docker("network", "ls", "--quiet", "--filter", filter).isEmpty)
  }
}

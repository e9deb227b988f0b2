import Foundation

/// Taking away what a lab has in Docker, whoever made it.
public enum ContainerRemoval {
  /// Kills and removes every container of a lab, then its network. Fine where there is none.
  ///
  /// - Throws: where the engine does not answer, or keeps something.
  public static func remove(_ run: RunDirectory, socket: String) throws {
    let names = ContainerNames(run: run)
    let calls = DockerCalls(socket: socket)
    for _ in 0..<3 {
      let found = try containers(names, calls)
      guard !found.isEmpty else { break }
      // All of them end now; to remove one takes Docker a while.
      for id in found { calls.start("POST", "/containers/\(id)/kill", patience: 5) { _ in } }
      calls.finish()
      for id in found { calls.start("DELETE", "/containers/\(id)?force=1&v=1", patience: 20) { _ in } }
      calls.finish()
    }
    let answer = try calls.perform("DELETE", "/networks/\(names.network)", patience: 10)
    guard answer.isSuccess || answer.status == 404 else { throw EngineError(answer.complaint) }
  }

  private struct Container: Decodable { var Id: String }

  private static func containers(_ names: ContainerNames, _ calls: DockerCalls) throws -> [String] {
    let answer = try calls.perform("GET", "/containers/json?all=1&filters=\(names.filter)", patience: 5)
    guard answer.isSuccess else { throw EngineError(answer.complaint) }
    return try JSONDecoder().decode([Container].self, from: answer.body).map(\.Id)
  }

  /// Waits until the other end of a descriptor is closed, then removes.
  ///
  /// What a lab's keeper does: the guardian holds the other end, so that no container outlives it, whatever it dies of.
  public static func whenClosed(_ descriptor: Int32, _ run: RunDirectory, socket: String) throws {
    var byte: UInt8 = 0
    while case let count = read(descriptor, &byte, 1), count > 0 || (count < 0 && errno == EINTR) {}
    try remove(run, socket: socket)
  }
}

import Foundation

/// What a machine must have for labs of containers.
public enum ContainerImages {
  /// What there is, in a few words. Labs of processes need none of it.
  public static func words() -> String {
    do {
      try require()
      let answer = try DockerCalls().perform("GET", "/version", patience: 5)
      let version = (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["Version"] as? String
      return "yes, Docker engine \(version ?? "of no version")"
    } catch { return "no: \(error)" }
  }

  /// - Throws: `EngineError`, with what to do, where the engine or an image is missing.
  public static func require() throws {
    guard getuid() == 0 else {
      throw EngineError("containers are watched and frozen from outside: run firedrill as root", code: .missingPart)
    }
    if let host = ProcessInfo.processInfo.environment["DOCKER_HOST"], !host.isEmpty, !host.hasPrefix("unix://") {
      throw EngineError(
        "DOCKER_HOST=\(host): a Docker engine of this machine is needed, unix://PATH", code: .missingPart)
    }
    let calls = DockerCalls()
    do {
      guard try calls.perform("GET", "/_ping", patience: 5).isSuccess else { throw EngineError("it refuses") }
    } catch {
      throw EngineError("a Docker engine is needed: \(error); start it, or set DOCKER_HOST", code: .missingPart)
    }
    let missing = try ContainerParts.images.sorted().filter {
      try !calls.perform("GET", "/images/\($0)/json").isSuccess
    }
    guard missing.isEmpty else {
      throw EngineError(
        "missing images: \(missing.joined(separator: ", ")). Make them with: make images", code: .missingPart)
    }
  }
}

import Foundation

/// What a machine must have for labs of containers.
public enum ContainerImages {
  /// A Docker engine that answers.
  public struct Found: Sendable {
    /// Of the engine.
    public var version: String
    /// The folder where it keeps images and containers; nil where it doesn't say.
    public var folder: String?
  }

  private struct Version: Decodable { var Version: String }
  private struct Info: Decodable { var DockerRootDir: String? }

  /// What answers, and what labs of containers still lack, each with what to do; nobody has to be root for it.
  public static func look() -> (found: Found?, problems: [String]) {
    var problems: [String] = []
    var found: Found?
    do {
      let calls = try engine()
      // Both are for people alone: an engine with much to do may take long to count up what it has.
      let version = (try? calls.perform("GET", "/version", patience: 5)).flatMap {
        try? JSONDecoder().decode(Version.self, from: $0.body).Version
      }
      let folder = (try? calls.perform("GET", "/info", patience: 5)).flatMap {
        try? JSONDecoder().decode(Info.self, from: $0.body).DockerRootDir
      }
      found = Found(version: version ?? "of no version", folder: folder)
      let missing = try ContainerParts.images.sorted().filter {
        try !calls.perform("GET", "/images/\($0)/json").isSuccess
      }
      if !missing.isEmpty {
        problems.append(words(missing: missing, isCheckout: isCheckout(try? Installation.find().share)))
      }
    } catch { problems.append("\(error)") }
    if getuid() != 0 { problems.append("containers are watched and frozen from outside: run firedrill as root") }
    return (found, problems)
  }

  /// The images that nodes are made from, by name, each with the bytes of all its layers.
  ///
  /// - Throws: `EngineError` where the engine does not answer or says nothing of one.
  public static func sizes() throws -> [(name: String, bytes: Int)] {
    let calls = DockerCalls()
    return try ContainerParts.images.sorted().map { name in
      let answer = try calls.perform("GET", "/images/\(name)/json")
      guard let image = try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any],
        let bytes = image["Size"] as? Int
      else { throw EngineError("the Docker engine says no size of \(name): \(answer.complaint)") }
      return (name, bytes)
    }
  }

  /// - Throws: `EngineError`, with what to do, where the engine or an image is missing.
  public static func require() throws {
    let problems = look().problems
    guard problems.isEmpty else { throw EngineError(problems.joined(separator: "; "), code: .missingPart) }
  }

  /// What brings images that are missing: where releases are installed nothing makes any.
  static func words(missing: [String], isCheckout: Bool) -> String {
    let what = "missing images: \(missing.joined(separator: ", "))."
    if isCheckout { return "\(what) Make them with: make images" }
    return "\(what) Load them with: docker load --input firedrill-images.tar.gz (the file that `make prefetch` packs "
      + "in a checkout of version \(Release.version))"
  }

  /// Whether Firedrill's files stand where images can be made.
  static func isCheckout(_ share: String?) -> Bool {
    guard let share else { return false }
    return ["Makefile", "scripts/images"].allSatisfy { FileManager.default.fileExists(atPath: "\(share)/\($0)") }
  }

  private static func engine() throws -> DockerCalls {
    if let host = ProcessInfo.processInfo.environment["DOCKER_HOST"], !host.isEmpty, !host.hasPrefix("unix://") {
      throw EngineError("DOCKER_HOST=\(host): a Docker engine of this machine is needed, unix://PATH")
    }
    let calls = DockerCalls()
    do {
      guard try calls.perform("GET", "/_ping", patience: 5).isSuccess else { throw EngineError("it refuses") }
    } catch { throw EngineError("a Docker engine is needed: \(error); start it, or set DOCKER_HOST") }
    return calls
  }
}

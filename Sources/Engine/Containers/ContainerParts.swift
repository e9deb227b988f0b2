import Topology

/// What a service's containers need of Docker and of the images.
enum ContainerParts {
  /// The images that nodes may be made from: `compose/images/Dockerfile` makes them. Only those of this release: a
  /// program of another would be judged by checks that don't know it.
  static let images = Set(
    ["fleet", "pgbouncer", "postgres", "postgres-exporter", "prometheus", "redis", "redis-exporter"].map(image))

  /// The image of what only visits the lab: a fault's worker, a preflight.
  static let visitor = SpawnSpec.Container(
    image: image("fleet"), memory: ContainerLimits.memory(ofImage: image("fleet")), ports: [])

  private static func image(_ name: String) -> String { "firedrill/\(name):\(Release.version)" }

  /// Where the images have programs (the Dockerfile's `ENV PATH`).
  static let path = "/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The users of the images, by the numbers that the Dockerfile gives them.
  static func user(_ name: String) -> SpawnSpec.User? {
    let numbers: [String: UInt32] = ["nobody": 65_534, "postgres": 543, "prometheus": 909, "redis": 637]
    return numbers[name].map { SpawnSpec.User(uid: $0, gid: $0) }
  }

  /// What the service's file says.
  static func of(_ service: Topology.Service) throws -> SpawnSpec.Container {
    let place = "\(service.place): services.\(service.name)"
    guard let image = service.image else {
      throw EngineError("\(place): image is missing: a container is made from one", code: .usage)
    }
    // Any other could hold a program of the trainee's in the name of a server.
    guard images.contains(image) else {
      let all = images.sorted().joined(separator: ", ")
      throw EngineError(
        "\(place).image: must be one of \(all), not \(image); FIREDRILL_VERSION is in .env", code: .usage)
    }
    let folder = service.workingDirectory ?? "/lab"
    guard !["proc", "sys", "dev"].contains(folder.split(separator: "/").first ?? "") else {
      throw EngineError("\(place).working_dir: \(folder) is the machine's; take a folder of the lab's", code: .usage)
    }
    guard service.ulimits["as"] == nil else {
      throw EngineError("\(place).ulimits.as: containers have none; say mem_limit", code: .usage)
    }
    guard service.ports.isEmpty || (service.replicas ?? 1) < 2 else {
      throw EngineError("\(place).ports: several instances can't have the same port of this machine", code: .usage)
    }
    return SpawnSpec.Container(
      image: image, memory: ContainerLimits.memory(of: service), ports: try service.ports.map { try port($0, place) })
  }

  /// Reads `127.0.0.1:8080:80`.
  private static func port(_ text: String, _ place: String) throws -> SpawnSpec.Container.Port {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[0].hasPrefix("127."), let target = number(parts[2]),
      // Below, a port is root's to give.
      let published = number(parts[1]), published >= 1024
    else {
      throw EngineError(
        "\(place).ports: must be 127.0.0.1:PORT:PORT, for this machine alone, from 1024 on, not \(text)", code: .usage)
    }
    return SpawnSpec.Container.Port(address: parts[0], published: published, target: target)
  }

  private static func number(_ text: String) -> Int? { Int(text).flatMap { (1...65535).contains($0) ? $0 : nil } }
}

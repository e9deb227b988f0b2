/// What one container of a node may use of its machine: enough for whatever a lab is made to go through, so that who
/// reaches it has run away. Each instance is a container of its own.
public enum ContainerLimits {
  /// Processes and threads.
  public static let tasks = 4096

  /// Bytes of memory by the name of our image. Files in memory, shared buffers and the page cache count.
  private static let memory = [
    "fleet": 256 << 20, "pgbouncer": 128 << 20, "postgres": 768 << 20, "postgres-exporter": 128 << 20,
    "prometheus": 768 << 20, "redis": 192 << 20, "redis-exporter": 128 << 20,
  ]
  /// The payment company takes every charge, also those that an overload has given up: each holds a connection.
  private static let provider = 1536 << 20

  /// Bytes of memory of one of the service's containers: what its file says, or what its image is given.
  public static func memory(of service: Topology.Service) -> Int {
    if let own = service.memoryLimit { return own }
    if service.commandLine.prefix(2) == ["fleet", "provider"] { return provider }
    return service.image.flatMap(memory(ofImage:)) ?? 768 << 20
  }

  /// Bytes of memory of a container of one of our images, `firedrill/NAME:VERSION`; nil for another one.
  public static func memory(ofImage image: String) -> Int? {
    let parts = image.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, parts[0] == "firedrill" else { return nil }
    return memory[String(parts[1].prefix { $0 != ":" })]
  }
}

import Yams

/// What Docker Compose needs beside a lab's `compose.yaml` so that `docker compose up` in its folder is a whole shop.
///
/// Both generations of Compose read a file of this name by themselves. It holds the nodes that stand outside the shop,
/// what makes containers as narrow as our own engine's, and health checks that cost nothing once a lab is at rest.
public struct ComposeOverride {
  /// The file's name in a lab's folder.
  public static let fileName = "compose.override.yaml"
  /// By which we know it again.
  public static let firstLine =
    "# What Docker Compose needs beside compose.yaml; it reads both, and nobody else reads this. Written anew at each"
  /// Prometheus' settings there, relative to the lab's folder.
  public static let prometheusFile = ".firedrill/docker/prometheus.yml"

  /// A check of Docker's is a process in the container: 20 of them a second are half a processor.
  private static let seldom = "60s"

  let topology: Topology

  /// For a lab and its judge, read together.
  public init(_ topology: Topology) { self.topology = topology }

  /// The file.
  ///
  /// - Throws: `YamlError`, which doesn't happen with texts and numbers.
  public func yaml() throws -> String {
    var services: [String: Any] = [:]
    for service in topology.services { services[service.name] = service.judge ? whole(service) : more(service) }
    var file: [String: Any] = ["services": services]
    let volumes = topology.volumes.filter(\.judge).map { ($0.name, [String: String]()) }
    if !volumes.isEmpty { file["volumes"] = Dictionary(uniqueKeysWithValues: volumes) }
    let secrets = topology.secrets.filter(\.judge).map { ($0.name, ["file": "./secrets/\($0.name)"]) }
    if !secrets.isEmpty { file["secrets"] = Dictionary(uniqueKeysWithValues: secrets) }
    return Self.firstLine + "\n# start.\n" + (try Yams.dump(object: file, width: -1, sortKeys: true))
  }

  /// Where Prometheus finds the nodes: Docker's DNS gives every instance of a service.
  public func prometheus() throws -> String {
    let targets = topology.services.compactMap { service -> [String: Any]? in
      guard let port = service.metricsPort, service.replicas != 0 else { return nil }
      let lookup: [String: Any] = ["names": [service.name], "type": "A", "port": port, "refresh_interval": "5s"]
      return ["job_name": service.name, "dns_sd_configs": [lookup]]
    }
    return try Yams.dump(
      object: [
        "global": ["scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"],
        "rule_files": ["/tmp/rules/*.yml"], "scrape_configs": targets,
      ], sortKeys: true)
  }

  /// What is added to a service of the lab's own file.
  private func more(_ service: Topology.Service) -> [String: Any] {
    var all: [String: Any] = narrow(service)
    // Who waits for its health must hear of it soon.
    let isAwaited = topology.services.contains {
      $0.dependsOn.contains { $0.service == service.name && $0.condition == .healthy }
    }
    if service.healthcheck != nil, !isAwaited { all["healthcheck"] = ["interval": Self.seldom] }
    return all
  }

  private func narrow(_ service: Topology.Service) -> [String: Any] {
    var all: [String: Any] = [
      "init": true, "read_only": true, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"],
      // Made or loaded on this machine: whoever owns that name in a registry gets nothing run here.
      "pull_policy": "never",
      "tmpfs": ["/tmp"] + service.tmpfs.map(\.path).filter { $0 != "/tmp" },
    ]
    if service.user == nil { all["user"] = "nobody" }
    all["pids_limit"] = ContainerLimits.tasks
    // What a lab's own file says would count less than what stands here.
    if service.judge || service.memoryLimit == nil { all["mem_limit"] = ContainerLimits.memory(of: service) }
    return all
  }

  /// A service that the lab's own file doesn't have.
  private func whole(_ service: Topology.Service) -> [String: Any] {
    var all = narrow(service)
    all["image"] = service.image
    all["command"] = service.commandLine.map(Self.plain)
    var environment = service.environment
    if environment["PROMETHEUS_CONFIG"] != nil { environment["PROMETHEUS_CONFIG"] = "/lab/" + Self.prometheusFile }
    all["environment"] = environment.mapValues(Self.plain)
    all["restart"] = service.restart.description
    if let user = service.user { all["user"] = user }
    if let replicas = service.replicas { all["deploy"] = ["replicas": replicas] }
    if !service.secrets.isEmpty { all["secrets"] = service.secrets }
    if !service.dependsOn.isEmpty {
      all["depends_on"] = Dictionary(
        uniqueKeysWithValues: service.dependsOn.map { ($0.service, ["condition": $0.condition.rawValue]) })
    }
    if let check = service.healthcheck {
      all["healthcheck"] = [
        "test": ["CMD"] + check.command.map(Self.plain), "interval": Self.seldom, "timeout": "2s", "retries": 3,
        "start_period": "10s",
      ]
    }
    let volumes = service.mounts.compactMap { mount -> String? in
      if case .volume(let name) = mount.source { "\(name):\(mount.target)" } else { nil }
    }
    all["volumes"] = ["./:/lab:ro"] + volumes
    return all
  }

  /// Compose reads `$` as the beginning of a variable.
  private static func plain(_ text: String) -> String { text.replacing("$", with: "$$") }
}

extension Topology.Service {
  /// Where its nodes have metrics; nil where they have none.
  public var metricsPort: Int? {
    let program = commandLine.first ?? ""
    if program == "fleet" { return Int(environment["HTTP_PORT"] ?? "") ?? 8080 }
    // By the program's own name, or by that of the script that starts it.
    if commandLine.contains(where: { $0.contains("postgres-exporter") }) { return 9187 }
    return commandLine.contains { $0.contains("redis-exporter") } ? 9121 : nil
  }
}

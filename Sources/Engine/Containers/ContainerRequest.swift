import Foundation
import Topology

/// Which containers and networks are whose: what Docker knows them by.
struct ContainerNames {
  /// On each container and network: the run folder of its lab.
  static let runLabel = "firedrill.run"
  let run: String
  /// The project, as Compose would call it: before each name.
  let project: String

  init(run: RunDirectory) {
    self.run = run.path
    project = "firedrill-" + ((run.path as NSString).lastPathComponent)
  }

  var network: String { project }

  /// A run of the preflight has a colon in its name, which Docker takes in none, and no service a dot.
  func container(_ node: String) -> String { "\(project)-\(Self.host(node))" }

  static func host(_ node: String) -> String { node.replacing(":", with: ".") }

  /// Those of Compose too, so that `docker compose --project-name` and other tools find the nodes.
  func labels(node: String, service: String) -> [String: String] {
    let number = node.split(separator: "-").last.flatMap { Int($0) } ?? 1
    return [
      Self.runLabel: run, "firedrill.node": node, "com.docker.compose.project": project,
      "com.docker.compose.service": service, "com.docker.compose.oneoff": "False",
      "com.docker.compose.container-number": "\(number)",
    ]
  }

  /// For a list of what is this lab's.
  var filter: String {
    let text = "{\"label\":[\"\(Self.runLabel)=\(run)\"]}"
    return text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }
}

/// What Docker is asked for so that a container is the node that a spec describes.
///
/// The same as a process gets: the host name, address and names of the lab, a root that nobody can write to, fresh
/// folders in memory, no privileges, its user, its limits, and a log in the lab's folder.
struct ContainerRequest {
  let spec: SpawnSpec
  var container: SpawnSpec.Container
  let names: ContainerNames
  /// The file that is the node's /etc/hosts.
  let hosts: String

  /// Where a container finds its log. Nothing is copied: the node itself writes there, as a process does.
  private static let log = "/run/node.log"

  var body: [String: Any] {
    [
      "Image": container.image, "Hostname": ContainerNames.host(spec.node), "Env": spec.environment,
      "WorkingDir": spec.directory,
      "User": spec.user.map { "\($0.uid):\($0.gid)" } ?? "\(getuid()):\(getgid())",
      "Entrypoint": ["/bin/sh", "-c", "exec \"$@\" >>\(Self.log) 2>&1", "node"], "Cmd": spec.argv,
      "Labels": names.labels(node: spec.node, service: spec.service),
      // (Its program is the first process, as a process' is: nothing stands between a signal and who gets it.)
      // Looked at from outside, as a process is: each look of Docker's own would be a process in the container.
      "Healthcheck": ["Test": ["NONE"]],
      "ExposedPorts": Dictionary(uniqueKeysWithValues: container.ports.map { ("\($0.target)/tcp", [String: Any]()) }),
      "HostConfig": hostConfiguration,
      "NetworkingConfig": ["EndpointsConfig": [names.network: endpoint]],
    ]
  }

  private var endpoint: [String: Any] {
    spec.address.isEmpty ? [:] : ["IPAMConfig": ["IPv4Address": spec.address]]
  }

  private var hostConfiguration: [String: Any] {
    var memory = ["/tmp": "mode=1777,size=64m", "/var/tmp": "mode=1777,size=64m"]
    for mount in spec.mounts {
      let target = "/" + mount.target.split(separator: "/").joined(separator: "/")
      memory[target] = mount.source == nil ? mount.options : nil
    }
    // As a process has it; Docker's would run no program.
    memory = memory.mapValues { "exec,\($0)" }
    return [
      "NetworkMode": names.network, "Mounts": mounts, "Tmpfs": memory, "ReadonlyRootfs": true,
      "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"], "LogConfig": ["Type": "none"],
      "ShmSize": 256 << 20, "Memory": container.memory ?? 0, "MemorySwap": container.memory ?? 0,
      "PidsLimit": ContainerLimits.tasks, "Ulimits": ulimits,
      "PortBindings": Dictionary(
        grouping: container.ports, by: { "\($0.target)/tcp" }
      ).mapValues { $0.map { ["HostIp": $0.address, "HostPort": "\($0.published)"] } },
    ]
  }

  private var mounts: [[String: Any]] {
    let own = spec.mounts.compactMap { mount in
      mount.source.map { Self.bind($0, mount.target, readOnly: mount.readOnly) }
    }
    return own + [
      Self.bind(hosts, "/etc/hosts", readOnly: true), Self.bind(spec.log, Self.log, readOnly: false),
    ]
  }

  private static func bind(_ source: String, _ target: String, readOnly: Bool) -> [String: Any] {
    ["Type": "bind", "Source": source, "Target": target, "ReadOnly": readOnly]
  }

  private static let limitNames: [Int32: String] = [
    0: "cpu", 1: "fsize", 2: "data", 3: "stack", 4: "core", 5: "rss", 6: "nproc", 7: "nofile", 8: "memlock",
    10: "locks", 11: "sigpending", 12: "msgqueue", 13: "nice", 14: "rtprio",
  ]

  private var ulimits: [[String: Any]] {
    spec.limits.compactMap { limit in
      guard let name = Self.limitNames[limit.resource] else { return nil }
      var own = rlimit()
      getrlimit(__rlimit_resource_t(UInt32(limit.resource)), &own)
      // Docker's own process could not go above what it has, and it has hardly more than we.
      let hard = min(limit.hard, UInt64(own.rlim_max))
      return ["Name": name, "Soft": Self.number(min(limit.soft, hard)), "Hard": Self.number(hard)]
    }
  }

  private static func number(_ limit: UInt64) -> Int64 { Int64(exactly: limit) ?? -1 }
}

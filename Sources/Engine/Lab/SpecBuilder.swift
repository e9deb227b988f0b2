import Foundation
public import Topology

/// Turns a service of the topology into what the guardian starts.
struct SpecBuilder: Sendable {
  let lab: LabFolder
  let run: RunDirectory
  let installation: Installation
  let plan: AddressPlan
  let topology: Topology

  /// The spec of one instance, counted from 1.
  func spec(for service: Topology.Service, instance: Int) throws -> SpawnSpec {
    let node = service.instances(count: service.replicas.map { max($0, instance) })[instance - 1]
    guard let address = plan.address(of: service.name, instance: instance) else {
      throw EngineError("\(service.name) has no address yet")
    }
    guard service.memoryLimit == nil || plan.engine == .compose else {
      throw EngineError(
        "\(service.place): services.\(service.name).mem_limit: the process engine cannot limit memory; remove the key",
        code: .usage)
    }
    let argv = service.commandLine
    guard !argv.isEmpty else {
      throw EngineError("\(service.place): services.\(service.name): command is missing", code: .usage)
    }
    let user = try Self.user(service, plan.engine)
    let container = plan.engine == .compose ? try ContainerParts.of(service) : nil
    // What judges is never the trainee's build.
    let fleet = service.judge ? installation.fleet : lab.fleetProgram(installation)
    return SpawnSpec(
      node: node, service: service.name, judge: service.judge, address: address, argv: argv,
      environment: environment(of: service, node: node), directory: service.workingDirectory ?? "/lab",
      mounts: try mounts(of: service, user: user, fleet: fleet), limits: try limits(of: service), user: user,
      log: service.judge ? "\(run.path)/\(node).log" : "\(lab.logs)/\(node).log",
      stopGrace: Double(service.stopGraceMilliseconds) / 1000, stopSignal: try Self.stopSignal(service),
      restart: Self.restart(service.restart),
      fingerprint: service.contentHash(lab: service.judge ? installation.judge : lab.path)
        + (argv[0] == "fleet" ? Self.fingerprint(of: fleet) : "") + (container.map { "-\($0)" } ?? ""),
      container: container)
  }

  private func environment(of service: Topology.Service, node: String) -> [String] {
    var values = Self.environment(node: node, plan.engine)
    values.merge(service.environment) { _, own in own }
    return values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  /// What every node finds in its environment.
  static func environment(node: String, _ engine: EngineKind) -> [String: String] {
    let path = engine == .process ? Part.path : ContainerParts.path
    return ["HOSTNAME": node, "HOME": "/tmp", "LANG": "C.UTF-8", "PATH": path]
  }

  private func mounts(
    of service: Topology.Service, user: SpawnSpec.User?, fleet: String
  ) throws -> [SpawnSpec.Mount] {
    var mounts: [SpawnSpec.Mount] = [
      .bind(lab.path, at: "/lab", readOnly: true),
      .bind(fleet, at: "/app/bin/fleet", readOnly: true),
    ]
    if service.judge {
      mounts.append(.bind(installation.judge, at: "/judge", readOnly: true))
      mounts.append(.bind(run.judgeRun, at: "/run/firedrill", readOnly: true))
    }
    let base = service.judge ? installation.judge : lab.path
    for mount in service.mounts {
      switch mount.source {
      case .folder(let folder):
        if folder == ".", mount.target == "/lab" || mount.target == "/judge" { continue }
        let source = folder == "." ? base : "\(base)/\(folder)"
        try checkTarget(mount.target, of: service)
        guard RealPath.isInside(source, base) else {
          throw EngineError(
            "\(service.place): services.\(service.name).volumes: \(folder) is not there, or leads out of the folder",
            code: .usage)
        }
        // Who can change what was handed in could change what is judged.
        mounts.append(.bind(source, at: mount.target, readOnly: true))
      case .volume(let name):
        try checkTarget(mount.target, of: service)
        let path = "\(service.judge ? run.judgeVolumes : run.volumes)/\(name)"
        try Self.makeFolder(path, owner: user)
        mounts.append(.bind(path, at: mount.target, readOnly: mount.readOnly))
      }
    }
    for entry in service.tmpfs {
      try checkTarget(entry.path, of: service, key: "tmpfs")
      let mode = String(entry.mode ?? 0o1777, radix: 8)
      mounts.append(.tmpfs(at: entry.path, options: "mode=\(mode),size=\(entry.size ?? Self.tmpfsBytes)"))
    }
    for name in service.secrets { mounts.append(try secret(name, of: service, user: user)) }
    return mounts
  }

  /// Of a `tmpfs` that says no size.
  private static let tmpfsBytes = 64 << 20

  /// Where a lab may mount nothing: over what makes a node.
  static let ownTargets = [
    "/app", "/bin", "/boot", "/dev", "/etc", "/judge", "/lab", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/proc",
    "/root", "/run", "/sbin", "/sys", "/usr",
  ]

  private func checkTarget(_ target: String, of service: Topology.Service, key: String = "volumes") throws {
    guard !service.judge else { return }
    let parts = target.split(separator: "/").filter { $0 != "." }
    guard let first = parts.first.map({ "/" + $0 }), Self.ownTargets.contains(first) else { return }
    throw EngineError(
      "\(service.place): services.\(service.name).\(key): nothing can be mounted at \(target), where a node has "
        + "files of its own; take another place, such as /data", code: .usage)
  }

  /// A copy of the secret that only the node's user can read.
  private func secret(_ name: String, of service: Topology.Service, user: SpawnSpec.User?) throws -> SpawnSpec.Mount {
    guard let secret = topology.secret(name) else { throw EngineError("there is no secret \(name)", code: .usage) }
    let source = secret.judge ? "\(run.judgeSecrets)/\(name)" : "\(lab.path)/\(secret.file)"
    guard let content = PlainFile.contents(source, inside: secret.judge ? run.judgeSecrets : lab.path) else {
      throw EngineError(
        "\(service.place): services.\(service.name).secrets: \(name) has no plain file \(secret.file)", code: .usage)
    }
    let folder = "\(run.secrets)/\(user?.uid ?? getuid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let copy = "\(folder)/\(name)"
    try Self.write(content, to: copy, owner: user)
    return .bind(copy, at: "/run/secrets/\(name)", readOnly: true)
  }

  /// Other nodes of the same user may be mounting the file right now: it is left alone, or replaced in one step.
  private static func write(_ content: Data, to path: String, owner: SpawnSpec.User?) throws {
    if FileManager.default.contents(atPath: path) == content { return }
    let new = "\(path).\(UInt32.random(in: 0...UInt32.max))"
    guard FileManager.default.createFile(atPath: new, contents: content, attributes: [.posixPermissions: 0o400]),
      owner.map({ lchown(new, $0.uid, $0.gid) == 0 }) ?? true, rename(new, path) == 0
    else { throw EngineError.system("cannot write \(path)") }
  }

  private static func makeFolder(_ path: String, owner: SpawnSpec.User?) throws {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw EngineError.system("cannot make \(path)") }
    if let owner, lchown(path, owner.uid, owner.gid) != 0 { throw EngineError.system("cannot give away \(path)") }
  }

  // MARK: Small translations

  private static let limitNumbers: [String: Int32] = [
    "cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7, "memlock": 8, "as": 9,
    "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14,
  ]

  /// Processes and threads that the user of a node may have: whoever forks without end leaves room for others.
  static let mostProcesses: UInt64 = 16_384

  private func limits(of service: Topology.Service) throws -> [SpawnSpec.Limit] {
    let own = try service.ulimits.sorted { $0.key < $1.key }.map { name, limit in
      guard let number = Self.limitNumbers[name] else {
        let known = Self.limitNumbers.keys.sorted().joined(separator: ", ")
        throw EngineError("\(service.place): services.\(service.name).ulimits.\(name): one of \(known)", code: .usage)
      }
      let soft = limit.soft < 0 ? .max : UInt64(limit.soft)
      let most = [SpawnSpec.Limit.processes(Self.mostProcesses), .fileSize(Self.mostFileBytes)]
        .first { $0.resource == number && !service.judge }?.hard
      return SpawnSpec.Limit(resource: number, soft: min(soft, most ?? .max), hard: most ?? .max)
    }
    var all = own
    if service.ulimits["nproc"] == nil { all.append(.processes(Self.mostProcesses)) }
    if service.ulimits["fsize"] == nil, !service.judge { all.append(.fileSize(Self.mostFileBytes)) }
    return all
  }

  /// What a node of a lab may write into one file. (The largest of Postgres' have 1 GiB.)
  static let mostFileBytes: UInt64 = 2 << 30

  /// Whom a service may name. Any other user or group of this machine may be allowed what a node is not to reach.
  static let users = ["nobody", "postgres", "prometheus", "redis"]

  /// Only root can change the user: a service without one runs as nobody. Other callers run all as themselves.
  static func user(_ service: Topology.Service, _ engine: EngineKind = .process) throws -> SpawnSpec.User? {
    guard let name = service.user else { return try nobody() }
    let place = "\(service.place): services.\(service.name).user"
    guard users.contains(name) else {
      throw EngineError(
        "\(place): must be one of \(users.joined(separator: ", ")), not \(name); numbers and groups are not taken",
        code: .usage)
    }
    guard getuid() == 0 else { return nil }
    if engine == .compose { return ContainerParts.user(name) }
    guard let user = known(name), user.uid != 0 else {
      throw EngineError("\(place): there is no user \(name) here; its Debian package makes it", code: .missingPart)
    }
    return user
  }

  /// The user of what names none.
  static func nobody() throws -> SpawnSpec.User? {
    guard getuid() == 0 else { return nil }
    guard let user = known("nobody") else { throw EngineError("there is no user nobody here", code: .missingPart) }
    return user
  }

  private static func known(_ name: String) -> SpawnSpec.User? {
    getpwnam(name).map { SpawnSpec.User(uid: $0.pointee.pw_uid, gid: $0.pointee.pw_gid) }
  }

  private static func stopSignal(_ service: Topology.Service) throws -> Int32 {
    let names = [
      "SIGTERM": SIGTERM, "SIGINT": SIGINT, "SIGQUIT": SIGQUIT, "SIGHUP": SIGHUP, "SIGUSR1": SIGUSR1,
      "SIGUSR2": SIGUSR2, "SIGKILL": SIGKILL,
    ]
    let name = service.stopSignal
    guard let number = names[name.hasPrefix("SIG") ? name : "SIG" + name] else {
      let known = names.keys.sorted().joined(separator: ", ")
      throw EngineError("\(service.place): services.\(service.name).stop_signal: one of \(known)", code: .usage)
    }
    return number
  }

  private static func restart(_ policy: Topology.RestartPolicy) -> RestartPolicy {
    switch policy {
    case .never: .never
    case .always, .unlessStopped: .always
    case .onFailure(let attempts): .onFailure(limit: attempts)
    }
  }

  /// Another build is another fingerprint.
  private static func fingerprint(of program: String) -> String {
    let attributes = (try? FileManager.default.attributesOfItem(atPath: program)) ?? [:]
    let changed = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
    return "-\(attributes[.systemFileNumber] ?? 0)-\(attributes[.size] ?? 0)-\(changed)"
  }
}

extension LabEngine {
  /// Makes the judge's secrets that are not there yet; they never enter the lab folder, nor come from it.
  public nonisolated func makeJudgeSecrets(_ topology: Topology) throws {
    for secret in topology.secrets where secret.judge {
      let path = "\(run.judgeSecrets)/\(secret.name)"
      if !FileManager.default.fileExists(atPath: path) { try LabFolder.makeSecret(at: path) }
    }
  }
}

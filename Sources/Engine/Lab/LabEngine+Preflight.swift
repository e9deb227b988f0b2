import Foundation
public import Topology

/// The lab's own gate, run as a node of the lab is: whatever it does, it does to nobody else, and it ends in time.
extension LabEngine {
  /// No service's node can be called so.
  private static let prefix = "preflight:"
  private static let outputLimit = 64 * 1024
  /// What it may write into one file.
  private static let mostBytes: UInt64 = 16 << 20

  /// See `Engine`.
  public func preflight(_ plan: Topology, timeout: Duration) async throws -> CommandResult {
    let path = lab.path + "/preflight"
    // As shells do.
    guard FileManager.default.fileExists(atPath: path) else {
      return CommandResult(status: 127, output: "\(path) is not there\n")
    }
    guard FileManager.default.isExecutableFile(atPath: path) else {
      return CommandResult(status: 126, output: "\(path) is not executable: chmod +x it, or remove it\n")
    }
    preflights += 1
    let node = Self.prefix + "\(preflights)"
    let log = run.path + "/preflight.log"
    try? FileManager.default.removeItem(atPath: log)
    do {
      try await guardian.send(.spawn(preflightSpec(node, plan, log: log)), timeout: .seconds(120))
    } catch let error as EngineError where error.code != .missingPart {
      return CommandResult(status: 126, output: "\(error)")
    }
    let isOver: @Sendable (isolated LabEngine) -> Bool = { engine in
      engine.views[node]?.record.map { $0.pid == nil && $0.exit != nil } ?? false
    }
    let status = await wait(timeout: timeout, until: isOver) ? Self.status(views[node]?.record?.exit ?? "") : 124
    let isLost = views[node]?.record?.exit?.hasPrefix("lost") ?? false
    try await forget(node)
    if isLost { throw EngineError("the Docker engine went away under the preflight", code: .missingPart) }
    let output = FileHandle(forReadingAtPath: log).flatMap { try? $0.read(upToCount: Self.outputLimit) } ?? Data()
    return CommandResult(status: status, output: String(decoding: output, as: UTF8.self))
  }

  /// Whether a node is a run of the gate: no part of the lab.
  static func isPreflight(_ node: String) -> Bool { node.hasPrefix(prefix) }

  private func preflightSpec(_ node: String, _ plan: Topology, log: String) throws -> SpawnSpec {
    let file = run.path + "/plan.json"
    try plan.json().write(to: URL(fileURLWithPath: file), options: .atomic)
    guard chmod(file, 0o644) == 0 else { throw EngineError.system("chmod \(file)") }
    var environment = SpecBuilder.environment(node: "preflight", self.plan.engine)
    environment["PLAN"] = "/run/plan.json"
    for service in plan.services where !service.judge {
      environment["REPLICAS_" + service.name.uppercased().replacing("-", with: "_")] = "\(service.replicas ?? 1)"
    }
    return SpawnSpec(
      node: node, service: "preflight", judge: false, address: visitorAddress, argv: ["/lab/preflight"],
      environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }, directory: "/lab",
      mounts: [.bind(lab.path, at: "/lab", readOnly: true), .bind(file, at: "/run/plan.json", readOnly: true)],
      limits: [.fileSize(Self.mostBytes), .processes(SpecBuilder.mostProcesses)], user: try SpecBuilder.nobody(),
      log: log, stopGrace: 0, stopSignal: SIGKILL, restart: .never, fingerprint: "",
      container: self.plan.engine == .compose ? ContainerParts.visitor : nil)
  }

  /// The exit status behind the guardian's words for an end: `exit 1`, `signal 9`, `signal 9, out of memory`.
  static func status(_ exit: String) -> Int32 {
    let parts = exit.prefix { $0 != "," }.split(separator: " ")
    guard parts.count == 2, let number = Int32(parts[1]) else { return 126 }
    return parts[0] == "exit" ? number : 128 + number
  }
}

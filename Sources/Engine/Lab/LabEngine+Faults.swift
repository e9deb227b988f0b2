import Foundation
import Topology

/// Faults: journalled and leased by the guardian, so that they heal whatever becomes of this process.
extension LabEngine {
  /// See `Engine`.
  public func inject(_ fault: FaultRequest) async throws -> ActiveFault {
    let kind = try FaultKind(fault)
    for node in kind.nodes { _ = try known(node) }
    faultCount += 1
    // Its node, its container and its log are called so.
    let isBlind = (try? lab.state())?.blind ?? false
    let id = "\(isBlind ? "fault" : fault.kind)-\(faultCount)-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
    let orders = try orders(for: kind, id: id)
    var parameters = fault.parameters
    if case .scale(let service, _) = kind { parameters["from"] = topology.service(service)?.replicas.map(String.init) }
    let record = FaultRecord(
      id: id, kind: fault.kind, parameters: parameters, lease: fault.lease,
      expiresAt: Date().timeIntervalSince1970 + fault.lease, apply: orders.apply, undo: orders.undo)
    try await order(.inject(record))
    do {
      if case .scale(let service, let count) = kind { try await scaleForFault(service, to: count) }
      if case .worker = kind { try await awaitWorker(id) }
    } catch {
      try? await clear(id)
      throw error
    }
    return ActiveFault(id: id, kind: record.kind, parameters: record.parameters, expiresAt: record.expiresAt)
  }

  /// See `Engine`.
  public func clear(_ id: String) async throws {
    try await order(.clear(fault: id), timeout: .seconds(60))
  }

  /// Whether a fault of that id was applied once, by what the journal says.
  public nonisolated func hasKnownFault(_ id: String) -> Bool { FaultJournal.hasFault(id, at: run.journal) }

  /// Freezes those processes of a node whose command line holds `title`, until somebody lets them go on or the node is
  /// restarted. No fault: nothing heals it.
  public func freeze(process title: String, of node: String) async throws {
    try await order(.freezeProcess(node: node, title: title))
  }

  /// More instances are started here; fewer have been ordered of the guardian with the fault, and are waited for.
  private func scaleForFault(_ service: String, to count: Int) async throws {
    guard let index = topology.services.firstIndex(where: { $0.name == service }) else { return }
    let missing = topology.services[index].instances.dropFirst(count)
    guard !missing.isEmpty else { return try await scale(service, to: count) }
    let ended = await wait(timeout: .seconds(30)) { engine in
      missing.allSatisfy { engine.views[$0]?.record?.pid == nil }
    }
    guard ended else { throw EngineError("\(service) did not come down to \(count) within 30 s") }
    // Not saved: the stopped instances keep their place in /etc/hosts, where they must find themselves when they start.
    topology.services[index].replicas = count
  }

  /// The guardian has undone a scale: the topology must say the same, so that nobody brings the surplus nodes back.
  func noteCleared(_ fault: FaultRecord) {
    guard fault.kind == "scale", let name = fault.parameters["service"],
      let before = fault.parameters["from"].flatMap(Int.init),
      let index = topology.services.firstIndex(where: { $0.name == name })
    else { return }
    topology.services[index].replicas = before
    syncViews()
    // The next save repeats this; a hosts file that names ended nodes for a while harms nobody.
    try? save()
  }

  /// See `Engine`.
  public func activeFaults() async throws -> [ActiveFault] {
    (try await guardian.send(.faults).faults ?? []).sorted { $0.id < $1.id }.map {
      ActiveFault(id: $0.id, kind: $0.kind, parameters: $0.parameters, expiresAt: $0.expiresAt)
    }
  }

  private func orders(
    for kind: FaultKind, id: String
  ) throws -> (apply: [GuardianOrder], undo: [GuardianOrder]) {
    switch kind {
    case .stopNodes(let nodes): return (nodes.map { .stop(node: $0) }, nodes.map { .start(node: $0) })
    case .killNodes(let nodes): return (nodes.map { .kill(node: $0) }, nodes.map { .start(node: $0) })
    case .pauseNodes(let nodes): return (nodes.map { .freeze(node: $0) }, nodes.map { .thaw(node: $0) })
    case .pauseProcess(let node, let title):
      return ([.freezeProcess(node: node, title: title)], [.thaw(node: node)])
    case .scale(let service, let count):
      guard let found = topology.service(service), let before = found.replicas else {
        throw EngineError("\(service) cannot be scaled", code: .usage)
      }
      let surplus = found.instances(count: max(count, before)).dropFirst(before)
      let missing = found.instances.dropFirst(count)
      // Stopped, not removed: the guardian can start again only what it still knows.
      return (missing.map { .stop(node: $0) }, surplus.map { .remove(node: $0) } + missing.map { .start(node: $0) })
    case .worker(let worker):
      return ([.spawn(try spec(of: worker, id: id))], [.remove(node: id)])
    }
  }

  /// The worker's process: a node of its own, so that the guardian ends it with its lease, whatever becomes of others.
  private func spec(of worker: FaultWorker, id: String) throws -> SpawnSpec {
    let file = "\(run.judgeSecrets)/fault-\(id)"
    let order = FaultWorkerOrder(kind: worker.kind, values: worker.orders, secret: try self.secret(worker.secret))
    guard
      FileManager.default.createFile(
        atPath: file, contents: try JSONEncoder().encode(order), attributes: [.posixPermissions: 0o400])
    else { throw EngineError("cannot write \(file)") }
    return SpawnSpec(
      node: id, service: "fault", judge: true, address: visitorAddress,
      argv: ["firedrill", "fault-worker"],
      environment: SpecBuilder.environment(node: id, plan.engine).map { "\($0.key)=\($0.value)" }, directory: "/",
      mounts: [
        .bind(installation.firedrill, at: "/app/bin/firedrill", readOnly: true),
        .bind(file, at: FaultWorkerOrder.path, readOnly: true),
      ],
      limits: [SpawnSpec.Limit(resource: 7, soft: 4096)], user: nil, log: workerLog(id),
      stopGrace: worker.stopGrace, stopSignal: SIGTERM, restart: .never, fingerprint: id,
      container: plan.engine == .compose ? ContainerParts.visitor : nil)
  }

  /// What only visits: on the loopback network everything has an address, a container is given one.
  var visitorAddress: String { plan.engine == .process ? "127.0.0.1" : "" }

  private func workerLog(_ id: String) -> String { "\(run.path)/\(id).log" }

  /// A worker writes a line that begins with `ready: ` when its fault is there.
  private func awaitWorker(_ id: String) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let text = (try? String(contentsOfFile: workerLog(id), encoding: .utf8)) ?? ""
      if text.split(separator: "\n").contains(where: { $0.hasPrefix("ready: ") }) { return }
      if let exit = views[id]?.record?.exit {
        throw EngineError("the fault could not be applied: \(text.isEmpty ? exit : text)", code: .usage)
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw EngineError("the fault's worker did not get ready within 10 s")
  }
}

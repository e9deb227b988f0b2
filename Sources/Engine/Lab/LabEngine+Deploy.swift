import Foundation
public import Topology

/// Bringing the running nodes in line with a topology.
extension LabEngine {
  /// One step of a deployment, for people to read.
  public typealias Report = @Sendable (String) -> Void

  /// Starts everything: each service when what it depends on has come as far as it asks.
  public func up(_ wanted: Topology, report: @escaping Report = { _ in }) async throws {
    topology = wanted
    syncViews()
    try save()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for service in wanted.services {
        group.addTask { try await self.bringUp(service, report: report) }
      }
      for try await _ in group {}
    }
  }

  /// Deploys what changed: services that are gone are removed, changed ones restarted, a part of them at a time.
  ///
  /// Returns one line for each service that was touched.
  @discardableResult
  public func apply(_ wanted: Topology, report: @escaping Report = { _ in }) async throws -> [String] {
    let before = topology
    topology = wanted
    syncViews()
    try save()
    var changes: [String] = []
    for service in before.services where wanted.service(service.name) == nil {
      try await remove(service.instances)
      changes.append("removed \(service.name)")
    }
    for service in wanted.startOrder {
      if let change = try await deploy(service, before: before.service(service.name), report: report) {
        changes.append(change)
      }
    }
    syncViews()
    return changes
  }

  /// The services of which some instance does not run as `wanted` says, and those that it does not have; how many
  /// there are doesn't count.
  public func undeployed(_ wanted: Topology) throws -> [String] {
    let builder = SpecBuilder(lab: lab, run: run, installation: installation, plan: plan, topology: wanted)
    let changed = try wanted.services.filter { service in
      try service.instances.enumerated().contains { index, node in
        guard let record = views[node]?.record else { return topology.service(service.name) == nil }
        return try builder.spec(for: service, instance: index + 1).fingerprint != record.spec.fingerprint
      }
    }
    let gone = topology.services.filter { wanted.service($0.name) == nil }
    return (changed + gone).map(\.name).sorted()
  }

  /// See `Engine`.
  public func scale(_ service: String, to count: Int) async throws {
    guard let index = topology.services.firstIndex(where: { $0.name == service }) else {
      throw EngineError("there is no service \(service)", code: .usage)
    }
    guard topology.services[index].replicas != nil else {
      throw EngineError("\(service) has no deploy.replicas, so it cannot be scaled", code: .usage)
    }
    guard (0...250).contains(count) else { throw EngineError("\(service)=\(count): 0 to 250 instances", code: .usage) }
    let before = topology.services[index].instances
    topology.services[index].replicas = count
    let after = topology.services[index].instances
    syncViews()
    try save()
    try await remove(before.filter { !after.contains($0) })
    try await launch(after.filter { !before.contains($0) }.compactMap { views[$0] }.filter { $0.record?.pid == nil })
  }

  // MARK: Parts

  private func bringUp(_ service: Topology.Service, report: Report) async throws {
    try await awaitDependencies(of: service)
    try await launch(service.instances.compactMap { views[$0] }.filter { $0.record?.pid == nil })
    report("\(service.name) is started (\(service.instances.count))")
  }

  private func awaitDependencies(of service: Topology.Service) async throws {
    let wanted = service.dependsOn
    // What somebody has stopped by hand is not waited for.
    let stopped = Set(views.values.map(\.status).filter { $0.state == .stopped }.map(\.name))
    let isMissing: @Sendable (isolated LabEngine, Topology.Dependency) -> Bool = { engine, dependency in
      let names = engine.topology.instances(of: dependency.service).filter { !stopped.contains($0) }
      return names.compactMap { engine.views[$0]?.status }.contains { node in
        dependency.condition == .healthy ? node.state != .healthy && node.state != .running : node.pid == nil
      }
    }
    let ready = await wait(timeout: .seconds(30)) { engine in !wanted.contains { isMissing(engine, $0) } }
    guard ready else {
      let names = wanted.filter { isMissing(self, $0) }.map { "\($0.service) (\($0.condition.rawValue))" }
      throw EngineError(
        "\(service.name) waited 30 s in vain for \(names.joined(separator: ", ")); see its log in \(lab.logs)")
    }
  }

  private func deploy(_ service: Topology.Service, before: Topology.Service?, report: Report) async throws -> String? {
    let builder = SpecBuilder(lab: lab, run: run, installation: installation, plan: plan, topology: topology)
    var stale: [String] = []
    var missing: [String] = []
    var stopped: [String] = []
    for (index, node) in service.instances.enumerated() {
      guard let record = views[node]?.record else {
        missing.append(node)
        continue
      }
      // What somebody has stopped stays down.
      guard !(record.pid == nil && record.stopped) else {
        stopped.append(node)
        continue
      }
      if try builder.spec(for: service, instance: index + 1).fingerprint != record.spec.fingerprint || record.pid == nil
      {
        stale.append(node)
      }
    }
    for node in stopped { report("\(node) stays down, as somebody has stopped it; `firedrill start-node` starts it") }
    let surplus = (before?.instances ?? []).filter { !service.instances.contains($0) }
    try await remove(surplus)
    if missing.isEmpty && stale.isEmpty { return surplus.isEmpty ? nil : "\(service.name): \(surplus.count) removed" }
    try await awaitDependencies(of: service)
    try await launch(missing.compactMap { views[$0] })
    let part = max(1, (stale.count + 3) / 4)
    for start in stride(from: 0, to: stale.count, by: part) {
      let batch = Array(stale[start..<min(start + part, stale.count)])
      try await restart(batch)
      await awaitHealth(of: batch, limit: .seconds(8))
    }
    await awaitHealth(of: missing, limit: .seconds(8))
    let sick = (stale + missing).filter { ![.healthy, .running].contains(views[$0]?.status.state ?? .failed) }
    var line = "\(service.name): \(stale.count) restarted, \(missing.count) started"
    if !surplus.isEmpty { line += ", \(surplus.count) removed" }
    if !sick.isEmpty { line += "; not healthy: \(sick.prefix(5).joined(separator: ", "))" }
    report(line)
    return line
  }

  private func awaitHealth(of nodes: [String], limit: Duration) async {
    _ = await wait(timeout: limit) { engine in
      nodes.allSatisfy { [.healthy, .running].contains(engine.views[$0]?.status.state ?? .failed) }
    }
  }

  private func remove(_ nodes: [String]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in nodes where views[node]?.record != nil {
        group.addTask {
          try await self.forget(node, timeout: .seconds(60))
        }
      }
      for try await _ in group {}
    }
  }

  /// Has the guardian end a node and forget it.
  func forget(_ node: String, timeout: Duration = .seconds(30)) async throws {
    let answer = try await order(.remove(node: node), timeout: timeout)
    if let record = answer.node { note(record) } else { noteGone(node) }
  }

  /// Writes down what runs, for the next controller; and where it is, for nodes and Prometheus.
  func save() throws {
    try JSONEncoder().encode(Saved(topology: topology, plan: plan)).write(
      to: URL(fileURLWithPath: run.appliedTopology), options: .atomic)
    try Self.rewrite(run.hostsFile, with: plan.hosts(for: topology))
    try targets().write(to: URL(fileURLWithPath: run.judgeRun + "/targets.json"), options: .atomic)
  }

  /// Keeps the file's inode, since nodes have it mounted.
  private static func rewrite(_ path: String, with text: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw EngineError.system("cannot open \(path)") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0,
      fchmod(descriptor, 0o644) == 0
    else { throw EngineError.system("cannot write \(path)") }
  }

  private struct TargetGroup: Encodable {
    var targets: [String]
    var labels: [String: String]
  }

  /// Prometheus' file_sd: every node that has metrics, by the port that its kind of service has them on.
  private func targets() throws -> Data {
    var groups: [TargetGroup] = []
    for service in topology.services {
      guard let port = service.metricsPort else { continue }
      for (index, node) in service.instances.enumerated() {
        guard let address = plan.address(of: service.name, instance: index + 1) else { continue }
        groups.append(TargetGroup(targets: ["\(address):\(port)"], labels: ["job": service.name, "instance": node]))
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(groups)
  }
}

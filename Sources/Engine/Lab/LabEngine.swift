import Foundation
import Synchronization
public import Topology

/// The lab on this machine, as plain processes or, by the same orders, as containers: decides what runs, and has the
/// guardian run it.
public actor LabEngine: Engine {
  /// What a new controller must know to go on where the last one stopped.
  struct Saved: Codable {
    var topology: Topology
    var plan: AddressPlan
  }

  /// See `Engine`.
  public nonisolated let labDirectory: String
  let lab: LabFolder
  let run: RunDirectory
  let installation: Installation
  let guardian: GuardianClient
  var topology = Topology()
  var plan: AddressPlan
  var views: [String: NodeView] = [:]
  var healthTasks: [String: Task<Void, Never>] = [:]
  private var fresh = FreshRecords()
  private var changeWaiters: [Int: CheckedContinuation<Void, Never>] = [:]
  private var nextWaiter = 0
  var faultCount = 0
  var preflights = 0

  /// Takes over the lab behind `channel`, the controller's descriptor to its guardian.
  ///
  /// A lab that runs already is adopted as it is. `onGuardianGone` is called when the guardian ends.
  public init(
    lab: LabFolder, run: RunDirectory, installation: Installation, channel: Int32,
    onGuardianGone: @escaping @Sendable () -> Void
  ) async throws {
    self.lab = lab
    self.run = run
    self.installation = installation
    labDirectory = lab.path
    let blockText = try String(contentsOfFile: run.blockFile, encoding: .utf8)
    guard let block = Int(blockText) else { throw EngineError("\(run.blockFile) is damaged") }
    plan = AddressPlan(block: block, engine: try lab.requireState().kind)
    let news = AsyncStream.makeStream(of: GuardianClient.News.self)
    guardian = GuardianClient(descriptor: channel, onNews: { news.continuation.yield($0) }, onClose: onGuardianGone)
    if let data = FileManager.default.contents(atPath: run.appliedTopology) {
      let saved = try JSONDecoder().decode(Saved.self, from: data)
      (topology, plan) = (saved.topology, saved.plan)
    }
    Task { [weak self] in
      for await item in news.stream {
        switch item {
        case .node(let record): await self?.note(record)
        case .cleared(let fault): await self?.noteCleared(fault)
        }
      }
    }
    syncViews()
    for record in try await guardian.send(.list).nodes ?? [] {
      // Its answer would come to nobody.
      guard Self.isPreflight(record.spec.node) else {
        note(record)
        continue
      }
      try await guardian.send(.remove(node: record.spec.node))
    }
    dropForgottenInstances()
  }

  /// The guardian may have undone a scale while no controller ran: instances that it does not know at all are gone.
  private func dropForgottenInstances() {
    for index in topology.services.indices where topology.services[index].replicas != nil {
      let known = topology.services[index].instances.lastIndex { views[$0]?.record != nil }
      if let known { topology.services[index].replicas = known + 1 }
    }
    syncViews()
    // A lab that has not been brought up yet has nothing to write down. The next change repeats a save that failed.
    if !topology.services.isEmpty { try? save() }
  }

  // MARK: Views

  /// The nodes that the topology asks for, in its order, then any others that still run.
  public func nodes() -> [NodeStatus] {
    let wanted = topology.nodes
    let known = Set(wanted)
    let others = views.keys.filter { name in
      !known.contains(name) && views[name]?.record?.pid != nil && !Self.isPreflight(name)
    }.sorted()
    return (wanted + others).compactMap { views[$0]?.status }
  }

  /// The topology as it runs now.
  public func appliedTopology() -> Topology { topology }

  /// Makes the set of views match the topology, and tells nodes and Prometheus who is where.
  func syncViews() {
    plan.include(topology)
    for service in topology.services {
      for (index, node) in service.instances.enumerated() where views[node] == nil {
        guard let address = plan.address(of: service.name, instance: index + 1) else { continue }
        views[node] = NodeView(name: node, service: service.name, judge: service.judge, address: address)
      }
    }
    let wanted = Set(topology.nodes)
    for (name, view) in views where !wanted.contains(name) && view.record == nil { views[name] = nil }
  }

  func note(_ record: NodeRecord) {
    let name = record.spec.node
    guard fresh.take(record) else { return }
    if record.gone { return noteGone(name) }
    let before = views[name]?.record?.pid
    var view =
      views[name]
      ?? NodeView(name: name, service: record.spec.service, judge: record.spec.judge, address: record.spec.address)
    view.record = record
    if record.pid == nil { view.health = .none }
    views[name] = view
    if record.pid != before {
      healthTasks.removeValue(forKey: name)?.cancel()
      if record.pid != nil { watchHealth(of: name) }
    }
    changed()
  }

  /// Drops the record of a node that the guardian has forgotten, and the node if the topology has no place for it.
  func noteGone(_ name: String) {
    healthTasks.removeValue(forKey: name)?.cancel()
    views[name]?.record = nil
    views[name]?.health = .none
    if topology.nodes.contains(name) { dropForgottenInstances() }
    syncViews()
    changed()
  }

  // MARK: Waiting for changes

  func changed() {
    let waiters = changeWaiters
    changeWaiters = [:]
    waiters.values.forEach { $0.resume() }
  }

  /// Waits until `condition` holds, looking again after each change; false at the time-out.
  func wait(timeout: Duration, until condition: (isolated LabEngine) -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + timeout
    let alarm = Task { [weak self] in
      try? await Task.sleep(until: deadline, clock: .continuous)
      await self?.changed()
    }
    defer { alarm.cancel() }
    while !condition(self) {
      if ContinuousClock.now >= deadline || Task.isCancelled { return false }
      let id = nextWaiter
      nextWaiter += 1
      await withTaskCancellationHandler {
        await withCheckedContinuation { changeWaiters[id] = $0 }
      } onCancel: {
        Task { await self.changed() }
      }
    }
    return true
  }

  /// See `Engine`.
  public func waitHealthy(_ services: Set<String>, timeout: Duration) async throws -> [NodeStatus] {
    let isSick: @Sendable (NodeStatus) -> Bool = {
      services.contains($0.service) && $0.state != .healthy && $0.state != .running
    }
    _ = await wait(timeout: timeout) { engine in !engine.nodes().contains(where: isSick) }
    return nodes().filter(isSick)
  }

  // MARK: Single nodes

  func known(_ node: String) throws -> NodeView {
    if let view = views[node] { return view }
    let names = views.keys.sorted()
    let nearest = Spelling.hint(for: node, among: names)
    throw EngineError("there is no node \(node)\(nearest)", code: .usage)
  }

  /// See `Engine`.
  public func stop(_ node: String) async throws {
    _ = try known(node)
    try await guardian.send(.stop(node: node), timeout: .seconds(60))
  }

  /// See `Engine`.
  public func kill(_ node: String) async throws {
    _ = try known(node)
    try await guardian.send(.kill(node: node))
  }

  /// See `Engine`.
  public func start(_ node: String) async throws {
    let view = try known(node)
    guard view.record?.pid == nil else { return }
    try await launch(view)
  }

  /// See `Engine`.
  public func restart(_ nodes: [String]) async throws {
    let views = try nodes.map(known)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for view in views where view.record != nil { group.addTask { try await self.stop(view.name) } }
      for try await _ in group {}
    }
    try await launch(views)
  }

  /// See `Engine`.
  public func pause(_ node: String) async throws {
    _ = try known(node)
    note(try await guardian.send(.freeze(node: node)).node)
  }

  /// See `Engine`.
  public func resume(_ node: String) async throws {
    _ = try known(node)
    note(try await guardian.send(.thaw(node: node)).node)
  }

  func note(_ record: NodeRecord?) {
    if let record { note(record) }
  }

  /// Starts nodes in their order: those of a service at once, for a container takes a while.
  func launch(_ views: [NodeView]) async throws {
    var rest = views[...]
    while let service = rest.first?.service {
      let part = rest.prefix { $0.service == service }
      rest = rest.dropFirst(part.count)
      guard plan.engine == .compose else {
        for view in part { try await launch(view) }
        continue
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for view in part { group.addTask { try await self.launch(view) } }
        for try await _ in group {}
      }
    }
  }

  /// Starts a node as the topology now has it.
  func launch(_ view: NodeView) async throws {
    guard let service = topology.service(view.service), let index = service.instances.firstIndex(of: view.name) else {
      note(try await guardian.send(.start(node: view.name)).node)
      return
    }
    let builder = SpecBuilder(lab: lab, run: run, installation: installation, plan: plan, topology: topology)
    let spec = try builder.spec(for: service, instance: index + 1)
    // Many containers at once wait for each other.
    note(try await guardian.send(.spawn(spec), timeout: .seconds(120)).node)
  }

  /// See `Engine`.
  public nonisolated func secret(_ name: String) throws -> String {
    for path in ["\(run.judgeSecrets)/\(name)", "\(lab.secrets)/\(name)"] {
      if let text = try? String(contentsOfFile: path, encoding: .utf8) {
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
      }
    }
    throw EngineError("there is no secret \(name)", code: .usage)
  }
}

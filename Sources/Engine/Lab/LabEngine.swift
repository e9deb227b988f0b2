import Foundation
import Synchronization
public import Topology

/// The lab on this machine, as plain processes or, by the same orders, as containers: decides what runs, and has the
/// guardian run it.
public actor LabEngine: Engine {
  /// What the guardian told, in its order; and marks of those who wait until all before them is known here.
  private enum Told {
    case news(GuardianClient.News)
    case mark(CheckedContinuation<Void, Never>)
  }

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
  private let told: AsyncStream<Told>.Continuation
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
    let stream = AsyncStream.makeStream(of: Told.self)
    told = stream.continuation
    guardian = GuardianClient(
      descriptor: channel, onNews: { stream.continuation.yield(.news($0)) }, onClose: onGuardianGone)
    if let data = FileManager.default.contents(atPath: run.appliedTopology) {
      let saved = try JSONDecoder().decode(Saved.self, from: data)
      (topology, plan) = (saved.topology, saved.plan)
    }
    Task { [weak self] in
      for await item in stream.stream {
        switch item {
        case .news(.node(let record)): await self?.note(record)
        case .news(.cleared(let fault)): await self?.noteCleared(fault)
        case .mark(let waiting): waiting.resume()
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

  /// Gives the guardian an order, and returns when all that it told before its answer is known here as well: whoever
  /// had a node stopped must not find it running.
  @discardableResult
  func order(_ order: GuardianOrder, timeout: Duration = .seconds(30)) async throws -> GuardianReply {
    let reply = try await guardian.send(order, timeout: timeout)
    await withCheckedContinuation { waiting in
      if case .enqueued = told.yield(.mark(waiting)) { return }
      waiting.resume()
    }
    return reply
  }

  func known(_ node: String) throws -> NodeView {
    if let view = views[node] { return view }
    let names = views.keys.sorted()
    let nearest = Spelling.hint(for: node, among: names)
    throw EngineError("there is no node \(node)\(nearest)", code: .usage)
  }

  /// See `Engine`.
  public func stop(_ node: String) async throws {
    _ = try known(node)
    try await order(.stop(node: node), timeout: .seconds(60))
  }

  /// See `Engine`.
  public func kill(_ node: String) async throws {
    _ = try known(node)
    try await order(.kill(node: node))
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
    let trouble = await failures(of: views.filter { $0.record != nil }) { try await self.stop($0.name) }
    // Whatever became of one: the others were stopped only to be started again.
    try await launch(views)
    if let first = trouble.first { throw first }
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

  /// Starts nodes in their order, those of a service at once. One that can't be started does not keep the others down.
  ///
  /// - Throws: what became of the first that could not be started.
  func launch(_ views: [NodeView]) async throws {
    var rest = views[...]
    var trouble: [any Error] = []
    while let service = rest.first?.service {
      let part = rest.prefix { $0.service == service }
      rest = rest.dropFirst(part.count)
      trouble += await failures(of: part) { try await self.launch($0) }
    }
    if let first = trouble.first { throw first }
  }

  /// Does something with each node, with all at once.
  private func failures(
    of views: some Sequence<NodeView>, _ body: @escaping @Sendable (NodeView) async throws -> Void
  ) async -> [any Error] {
    await withTaskGroup(of: (any Error)?.self) { group in
      for view in views {
        group.addTask {
          do { try await body(view) } catch { return error }
          return nil
        }
      }
      return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
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

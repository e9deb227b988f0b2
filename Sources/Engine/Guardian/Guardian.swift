import CPlatform
import Foundation

/// The process that parents every node and undoes every fault: one thread, one loop, nothing clever.
///
/// It outlives the controller, and no node outlives it: each is killed by the kernel when this thread ends.
public final class Guardian {
  private let run: RunDirectory
  private let launcher: NodeLauncher
  private let journal: FaultJournal
  private let controllerCommand: [String]
  private var nodes: [String: GuardianNode] = [:]
  private var faults: [String: (record: FaultRecord, dueAt: Double)] = [:]
  private var clients: [Int32: GuardianConnection] = [:]
  private var controller: (pid: Int32, channel: Int32)?
  private var shutdownRequested = false
  /// Raised with every record that is given out: of two the higher one is the fresher.
  private var revision = 0
  private let signals: Int32
  private let listener: Int32

  /// Takes the lab's lock and a block of addresses, both until it ends, and opens its socket.
  ///
  /// The caller must be a process with one thread.
  public init(run: RunDirectory, controllerCommand: [String]) throws {
    self.run = run
    self.controllerCommand = controllerCommand
    try Self.lock(run)
    _ = firedrill_become_subreaper()
    signals = firedrill_signal_descriptor()
    let (block, _) = try RunDirectory.takeBlock()
    try "\(block)".write(toFile: run.blockFile, atomically: true, encoding: .utf8)
    try "\(getpid())".write(toFile: run.pidFile, atomically: true, encoding: .utf8)
    journal = try FaultJournal(path: run.journal)
    launcher = try NodeLauncher(run: run)
    unlink(run.guardianSocket)
    listener = firedrill_listen(run.guardianSocket)
    guard signals >= 0, listener >= 0 else { throw EngineError.system("cannot listen on \(run.guardianSocket)") }
  }

  /// Who looks whether a guardian is there, or sweeps, holds the lock for a moment.
  static func lock(_ run: RunDirectory) throws {
    for _ in 0..<20 {
      try run.create()
      if firedrill_lock_file(run.guardianLock) >= 0 { return }
      usleep(10_000)
    }
    throw EngineError("this lab has a guardian already", code: .busy)
  }

  /// Runs until it is told to shut down, or by SIGTERM; then every node has ended and the run folder is gone.
  public func runLoop() {
    do { try startController() } catch { log("\(error)") }
    while !(shutdownRequested && nodes.values.allSatisfy { $0.pid == nil }) {
      waitForEvents()
      fireTimers()
    }
    if let controller {
      kill(controller.pid, SIGKILL)
      // It writes to the run folder until it has ended.
      var status: Int32 = 0
      waitpid(controller.pid, &status, 0)
    }
    do { try Removal.remove(run.path) } catch { log("\(error)") }
    // Only now: who asked for the shutdown may rely on nothing being left.
    clients.values.forEach { $0.flushShutdown() }
  }

  // MARK: Events

  private func waitForEvents() {
    var entries = [signals, listener].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    entries += clients.values.map {
      pollfd(fd: $0.descriptor, events: Int16(POLLIN) | ($0.hasOutput ? Int16(POLLOUT) : 0), revents: 0)
    }
    let wait = nextDeadline().map { max(0, min(60, $0 - Self.now())) } ?? 60
    guard poll(&entries, nfds_t(entries.count), Int32((wait * 1000).rounded(.up))) > 0 else { return }
    for entry in entries where entry.revents != 0 {
      if entry.fd == signals {
        handleSignals()
      } else if entry.fd == listener {
        let accepted = firedrill_accept(listener)
        if accepted >= 0 { clients[accepted] = GuardianConnection(descriptor: accepted) }
      } else {
        serve(entry.fd)
      }
    }
  }

  private func serve(_ descriptor: Int32) {
    guard let client = clients[descriptor] else { return }
    client.flush()
    for line in client.readLines() {
      guard let request = try? JSONDecoder().decode(GuardianRequest.self, from: line) else {
        client.send(GuardianReply(error: "not an order of the guardian's"))
        continue
      }
      carryOut(request.order) { reply in
        var reply = reply
        reply.id = request.id
        client.send(reply)
      }
    }
    if client.isClosed {
      close(descriptor)
      clients[descriptor] = nil
    }
  }

  private func handleSignals() {
    while case let number = firedrill_next_signal(signals), number != 0 {
      if number != SIGCHLD { beginShutdown() }
    }
    var code: Int32 = 0
    var signal: Int32 = 0
    while case let pid = firedrill_reap(&code, &signal), pid > 0 {
      ended(pid, exit: signal == 0 ? "exit \(code)" : "signal \(signal)", failed: signal != 0 || code != 0)
    }
  }

  private func ended(_ pid: Int32, exit: String, failed: Bool) {
    if let gone = controller, gone.pid == pid {
      log("the controller ended (\(exit)): undoing every fault")
      // What it still had to say must not be carried out after the undoing.
      clients.removeValue(forKey: gone.channel)
      close(gone.channel)
      controller = nil
      for id in faults.keys.sorted() { undo(id) }
      return
    }
    guard let node = nodes.values.first(where: { $0.pid == pid }) else { return }
    let now = Self.now()
    node.pid = nil
    node.exit = exit
    node.frozen = false
    node.killAt = nil
    node.askAgainAt = nil
    node.quickEnds = now - node.startedClock > 10 ? 0 : node.quickEnds
    startLater(node, failed: failed)
    let waiting = node.onEnd
    node.onEnd = []
    if node.forget { nodes[node.spec.node] = nil }
    waiting.forEach { $0() }
    announce(node)
  }

  /// Has a node that ended, or could not be started, started again as its policy says.
  private func startLater(_ node: GuardianNode, failed: Bool) {
    guard !node.stopped, !shutdownRequested,
      let wait = node.spec.restart.delay(failed: failed, runs: node.quickEnds)
    else { return }
    node.respawnAt = Self.now() + wait
    node.quickEnds += 1
  }

  // MARK: Timers

  private func nextDeadline() -> Double? {
    let due = nodes.values.flatMap { [$0.killAt, $0.respawnAt, $0.askAgainAt].compactMap { $0 } }
    return (due + faults.values.map(\.dueAt)).min()
  }

  private func fireTimers() {
    let now = Self.now()
    for node in nodes.values {
      if let at = node.killAt, at <= now {
        node.killAt = nil
        node.signal(SIGKILL)
      }
      if let at = node.askAgainAt, at <= now { ask(node) }
      if let at = node.respawnAt, at <= now {
        node.respawnAt = nil
        node.restarts += 1
        do { try start(node) } catch {
          log("\(error)")
          startLater(node, failed: true)
          announce(node)
        }
      }
    }
    for (id, fault) in faults where fault.dueAt <= now { undo(id) }
  }

  // MARK: Orders

  private func carryOut(_ order: GuardianOrder, then reply: @escaping (GuardianReply) -> Void) {
    do {
      switch order {
      case .spawn(let spec): try spawn(spec, then: reply)
      case .start(let name):
        try startAgain(node(name), then: reply)
      case .stop(let name): end(try node(name), then: reply)
      case .remove(let name):
        guard let node = nodes[name] else { return reply(GuardianReply()) }
        node.forget = true
        end(node, then: reply)
      case .kill(let name):
        let node = try node(name)
        node.stopped = true
        node.respawnAt = nil
        whenEnded(node, reply)
        node.signal(SIGKILL)
      case .freeze(let name): reply(try freeze(name, true))
      case .thaw(let name): reply(try freeze(name, false))
      case .freezeProcess(let name, let title):
        guard try node(name).freeze(title) > 0 else {
          throw EngineError("\(name) has no process \(title)", code: .usage)
        }
        reply(GuardianReply())
      case .list: reply(GuardianReply(nodes: nodes.values.map(record)))
      case .inject(let fault): reply(try inject(fault))
      case .clear(let id): undo(id) { reply(GuardianReply()) }
      case .faults: reply(GuardianReply(faults: faults.values.map(\.record)))
      case .ensureController:
        try startController()
        reply(GuardianReply())
      case .shutdown(let seconds): beginShutdown(within: seconds)
      }
    } catch {
      reply(GuardianReply(error: "\(error)"))
    }
  }

  private func node(_ name: String) throws -> GuardianNode {
    guard let node = nodes[name] else { throw EngineError("there is no node \(name)", code: .usage) }
    return node
  }

  private func spawn(_ spec: SpawnSpec, then reply: (GuardianReply) -> Void) throws {
    let node = nodes[spec.node] ?? GuardianNode(spec: spec)
    guard node.pid == nil else { throw EngineError("\(spec.node) runs already") }
    node.spec = spec
    node.stopped = false
    node.quickEnds = 0
    node.restarts = 0
    nodes[spec.node] = node
    try start(node)
    reply(GuardianReply(node: record(node)))
  }

  /// A node that is still ending is started when it has ended: otherwise undoing a stop at once would do nothing.
  private func startAgain(_ node: GuardianNode, then reply: @escaping (GuardianReply) -> Void) throws {
    let isEnding = node.pid != nil && node.stopped
    node.stopped = false
    node.quickEnds = 0
    guard isEnding else {
      try start(node)
      return reply(GuardianReply(node: record(node)))
    }
    node.onEnd.append { [self] in
      do {
        try start(node)
        reply(GuardianReply(node: record(node)))
      } catch {
        reply(GuardianReply(error: "\(error)"))
      }
    }
  }

  private func start(_ node: GuardianNode) throws {
    guard node.pid == nil, !shutdownRequested else { return }
    node.respawnAt = nil
    do {
      node.pid = try launcher.launch(node.spec)
    } catch {
      node.exit = "\(error)"
      throw error
    }
    node.startedAt = Date().timeIntervalSince1970
    node.startedClock = Self.now()
    announce(node)
  }

  private func end(_ node: GuardianNode, then reply: @escaping (GuardianReply) -> Void) {
    node.stopped = true
    node.respawnAt = nil
    guard node.pid != nil else {
      if node.forget { nodes[node.spec.node] = nil }
      return reply(GuardianReply(node: record(node)))
    }
    whenEnded(node, reply)
    node.killAt = min(node.killAt ?? .infinity, Self.now() + node.spec.stopGrace)
    ask(node)
    if node.frozen { node.signalAll(SIGCONT) }
  }

  /// Tells a node to end; one that can't hear it yet is told again.
  private func ask(_ node: GuardianNode) {
    // Looked at first: what it hears from now on it will hear.
    let isDeaf = node.isDeaf(to: node.spec.stopSignal)
    node.signal(node.spec.stopSignal)
    node.askAgainAt = isDeaf ? Self.now() + 0.05 : nil
  }

  private func whenEnded(_ node: GuardianNode, _ reply: @escaping (GuardianReply) -> Void) {
    guard node.pid != nil else { return reply(GuardianReply(node: record(node))) }
    node.onEnd.append { [self] in reply(GuardianReply(node: record(node))) }
  }

  private func freeze(_ name: String, _ frozen: Bool) throws -> GuardianReply {
    let node = try node(name)
    guard node.pid != nil else { throw EngineError("\(name) does not run", code: .usage) }
    node.signalAll(frozen ? SIGSTOP : SIGCONT)
    node.frozen = frozen
    announce(node)
    return GuardianReply(node: record(node))
  }

  // MARK: Faults

  private func inject(_ fault: FaultRecord) throws -> GuardianReply {
    guard faults[fault.id] == nil else { throw EngineError("fault \(fault.id) is applied already") }
    try journal.recordInjection(fault)
    faults[fault.id] = (fault, Self.now() + fault.lease)
    var failure: String?
    for order in fault.apply {
      carryOut(order) { reply in if let error = reply.error { failure = failure ?? error } }
    }
    guard let failure else { return GuardianReply() }
    undo(fault.id)
    throw EngineError(failure)
  }

  private func undo(_ id: String, then done: @escaping () -> Void = {}) {
    guard let fault = faults.removeValue(forKey: id)?.record else { return done() }
    var left = fault.undo.count
    let finish = { [self] in
      do { try journal.recordClearing(of: id) } catch { log("\(error)") }
      for client in clients.values where client.wantsNews { client.send(GuardianReply(cleared: fault)) }
      done()
    }
    if left == 0 { finish() }
    for order in fault.undo {
      carryOut(order) { [self] reply in
        if let error = reply.error { log("undoing \(fault.kind) \(id): \(error)") }
        left -= 1
        if left == 0 { finish() }
      }
    }
  }

  // MARK: The controller and the end

  private func startController() throws {
    guard controller == nil, !shutdownRequested else { return }
    var ours: Int32 = 0
    var theirs: Int32 = 0
    guard firedrill_socket_pair(&ours, &theirs) == 0 else { throw EngineError.system("socketpair") }
    defer { close(theirs) }
    let log = open(run.controllerLog, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw EngineError.system("cannot open \(run.controllerLog)") }
    defer { close(log) }
    let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    let pid = try NodeLauncher.launchChild(controllerCommand, environment: environment, channel: theirs, log: log)
    _ = fcntl(ours, F_SETFL, fcntl(ours, F_GETFL) | O_NONBLOCK)
    clients[ours] = GuardianConnection(descriptor: ours, wantsNews: true)
    controller = (pid, ours)
  }

  private func beginShutdown(within seconds: Double? = nil) {
    if !shutdownRequested {
      shutdownRequested = true
      faults.removeAll()
      for node in nodes.values { end(node) { _ in } }
    }
    guard let seconds else { return }
    // SIGKILL to its first process ends a node's whole pid namespace, whatever it would rather do.
    for node in nodes.values where node.pid != nil { node.killAt = min(node.killAt ?? .infinity, Self.now() + seconds) }
  }

  private func record(_ node: GuardianNode) -> NodeRecord {
    revision += 1
    return node.record(revision: revision)
  }

  private func announce(_ node: GuardianNode) {
    for client in clients.values where client.wantsNews { client.send(GuardianReply(node: record(node))) }
  }

  private func log(_ text: String) {
    let line = "\(Date().ISO8601Format()) \(text)\n"
    _ = line.withCString { write(2, $0, strlen($0)) }
  }

  /// Seconds on a clock that nobody sets.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

import CPlatform
import Foundation

/// The process that parents every node and undoes every fault: one thread, one loop, nothing clever.
///
/// It outlives the controller, and no node outlives it: each is killed by the kernel when this thread ends.
public final class Guardian {
  private let run: RunDirectory
  let host: any NodeHost
  private let journal: FaultJournal
  private let controllerCommand: [String]
  var nodes: [String: GuardianNode] = [:]
  private var faults: [String: (record: FaultRecord, dueAt: Double)] = [:]
  /// Whom to tell when a fault whose undoing has begun is gone.
  private var undoing: [String: [() -> Void]] = [:]
  private var clients: [Int32: GuardianConnection] = [:]
  private var controller: (pid: Int32, channel: Int32)?
  var shutdownRequested = false
  /// Raised with every record that is given out: of two the higher one is the fresher.
  private var revision = 0
  private let signals: Int32
  private let listener: Int32

  /// Takes the lab's lock and a block of addresses, both until it ends, and opens its socket.
  ///
  /// The caller must be a process with one thread.
  ///
  /// - Parameter keeper: for containers, the command line of a process that calls `ContainerRemoval.whenClosed`.
  public init(run: RunDirectory, engine: EngineKind, controllerCommand: [String], keeper: [String]) throws {
    self.run = run
    self.controllerCommand = controllerCommand
    try Self.lock(run)
    // Whoever is interrupted from here on is found by it.
    try "\(getpid())".write(toFile: run.pidFile, atomically: true, encoding: .utf8)
    _ = firedrill_become_subreaper()
    signals = firedrill_signal_descriptor()
    let block: Int
    switch engine {
    case .process:
      host = try ProcessHost(run: run)
      block = try RunDirectory.takeBlock().block
    case .compose:
      let containers = try ContainerHost(run: run, keeper: keeper)
      host = containers
      block = try containers.takeNetwork()
    }
    try "\(block)".write(toFile: run.blockFile, atomically: true, encoding: .utf8)
    journal = try FaultJournal(path: run.journal)
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
    while !(shutdownRequested && nodes.values.allSatisfy(\.isDown)) {
      waitForEvents()
      fireTimers()
    }
    if let controller {
      kill(controller.pid, SIGKILL)
      // It writes to the run folder until it has ended.
      var status: Int32 = 0
      waitpid(controller.pid, &status, 0)
    }
    // What is left of its nodes is known by this folder only: the next sweep needs it.
    if host.close() {
      do { try run.remove() } catch { log("\(error)") }
    } else {
      log("not everything of this lab could be removed")
    }
    // Only now: who asked for the shutdown may rely on nothing being left.
    clients.values.forEach { $0.flushShutdown() }
  }

  // MARK: Events

  private func waitForEvents() {
    var entries = [signals, listener].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    entries += clients.values.map {
      pollfd(fd: $0.descriptor, events: Int16(POLLIN) | ($0.hasOutput ? Int16(POLLOUT) : 0), revents: 0)
    }
    entries += host.polled
    let wait = nextDeadline().map { max(0, min(60, $0 - Self.now())) } ?? 60
    guard poll(&entries, nfds_t(entries.count), Int32((wait * 1000).rounded(.up))) > 0 else { return }
    for entry in entries where entry.revents != 0 {
      if entry.fd == signals {
        handleSignals()
      } else if entry.fd == listener {
        let accepted = firedrill_accept(listener)
        if accepted >= 0 { clients[accepted] = GuardianConnection(descriptor: accepted) }
      } else if clients[entry.fd] != nil {
        serve(entry.fd)
      } else {
        host.serve(entry.fd)
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
      clients.removeValue(forKey: gone.channel)?.cut()
      controller = nil
      for id in faults.keys.sorted() { undo(id) }
      return
    }
    guard host.hasChildren, let node = nodes.values.first(where: { $0.pid == pid }) else { return }
    ended(node, exit: exit, failed: failed)
  }

  // MARK: Timers

  private func nextDeadline() -> Double? {
    let due = nodes.values.flatMap { node in
      // What is on its way can't be killed before it is there.
      [node.isStarting ? nil : node.killAt, node.respawnAt, node.askAgainAt].compactMap { $0 }
    }
    return (due + faults.values.map(\.dueAt) + [host.nextDeadline].compactMap { $0 }).min()
  }

  private func fireTimers() {
    let now = Self.now()
    for node in nodes.values {
      if let at = node.killAt, at <= now, !node.isStarting {
        node.killAt = nil
        node.signal(SIGKILL)
      }
      if let at = node.askAgainAt, at <= now { ask(node) }
      if let at = node.respawnAt, at <= now {
        node.respawnAt = nil
        node.restarts += 1
        start(node) { [self] error in
          guard let error else { return }
          log("\(error)")
          startLater(node, failed: true)
        }
      }
    }
    host.fireTimers()
    for (id, fault) in faults where fault.dueAt <= now { undo(id) }
  }

  // MARK: Orders

  private func carryOut(_ order: GuardianOrder, then reply: @escaping (GuardianReply) -> Void) {
    do {
      switch order {
      case .spawn(let spec): try spawn(spec, then: reply)
      case .start(let name): startAgain(try node(name), then: reply)
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
        if node.isStarting { node.killAt = Self.now() }
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

  func node(_ name: String) throws -> GuardianNode {
    guard let node = nodes[name] else { throw EngineError("there is no node \(name)", code: .usage) }
    return node
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
    // Who clears what is being cleared waits for the end of it.
    guard undoing[id] == nil else { return undoing[id, default: []].append(done) }
    guard let fault = faults.removeValue(forKey: id)?.record else { return done() }
    undoing[id] = [done]
    var left = fault.undo.count
    let finish = { [self] in
      do { try journal.recordClearing(of: id) } catch { log("\(error)") }
      for client in clients.values where client.wantsNews { client.send(GuardianReply(cleared: fault)) }
      undoing.removeValue(forKey: id)?.forEach { $0() }
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
    for node in nodes.values where !node.isDown { node.killAt = min(node.killAt ?? .infinity, Self.now() + seconds) }
  }

  func record(_ node: GuardianNode) -> NodeRecord {
    revision += 1
    return node.record(revision: revision)
  }

  func announce(_ node: GuardianNode) {
    for client in clients.values where client.wantsNews { client.send(GuardianReply(node: record(node))) }
  }

  func log(_ text: String) {
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

import Foundation

/// Starting and ending nodes, and freezing them.
extension Guardian {
  func ended(_ node: GuardianNode, exit: String, failed: Bool) {
    let now = Self.now()
    node.pid = nil
    node.isLeaving = false
    node.exit = exit
    node.frozen = false
    node.killAt = nil
    node.askAgainAt = nil
    node.quickEnds = now - node.startedClock > 10 ? 0 : node.quickEnds
    startLater(node, failed: failed)
    hasEnded(node)
  }

  /// Tells everybody who waited for its end.
  private func hasEnded(_ node: GuardianNode) {
    let waiting = node.onEnd
    node.onEnd = []
    if node.forget { nodes[node.spec.node] = nil }
    // First: who is told that it has ended must not have to wait for the news of it.
    announce(node)
    waiting.forEach { $0() }
  }

  /// Has a node that ended, or could not be started, started again as its policy says.
  func startLater(_ node: GuardianNode, failed: Bool) {
    guard !node.stopped, !shutdownRequested,
      let wait = node.spec.restart.delay(failed: failed, runs: node.quickEnds)
    else { return }
    node.respawnAt = Self.now() + wait
    node.quickEnds += 1
  }

  func spawn(_ spec: SpawnSpec, then reply: @escaping (GuardianReply) -> Void) throws {
    let node = nodes[spec.node] ?? GuardianNode(spec: spec)
    guard node.isDown else { throw EngineError("\(spec.node) runs already") }
    node.spec = spec
    node.stopped = false
    node.quickEnds = 0
    node.restarts = 0
    nodes[spec.node] = node
    start(node, then: answer(reply, of: node))
  }

  /// The reply to an order that started a node.
  private func answer(
    _ reply: @escaping (GuardianReply) -> Void, of node: GuardianNode
  ) -> (EngineError?) -> Void {
    { [self] error in
      guard let error else { return reply(GuardianReply(node: record(node))) }
      reply(GuardianReply(error: error.description, isHostTrouble: error.code == .missingPart))
    }
  }

  /// A node that is still ending is started when it has ended: otherwise undoing a stop at once would do nothing.
  func startAgain(_ node: GuardianNode, then reply: @escaping (GuardianReply) -> Void) {
    let isEnding = !node.isDown && node.stopped
    node.quickEnds = 0
    guard isEnding else {
      node.stopped = false
      return start(node, then: answer(reply, of: node))
    }
    let answer = answer(reply, of: node)
    node.startsAfterwards = true
    node.onEnd.append { [self] in
      guard node.startsAfterwards else { return answer(EngineError("\(node.spec.node) was stopped again")) }
      node.stopped = false
      start(node) { [self] error in
        // Nobody else will try again: this may be the undoing of a fault.
        if error != nil { startLater(node, failed: true) }
        answer(error)
      }
    }
  }

  /// `done` hears an error, or nil once the node runs.
  func start(_ node: GuardianNode, then done: @escaping (EngineError?) -> Void) {
    guard node.isDown, !shutdownRequested else { return done(nil) }
    node.respawnAt = nil
    node.isStarting = true
    let isWanted = { [self] in !node.stopped && !node.forget && !shutdownRequested }
    host.launch(node.spec, isWanted: isWanted) { [self] event in
      switch event {
      case .gone:
        node.pid = nil
        node.isLeaving = true
        node.killAt = nil
        node.askAgainAt = nil
      case .started(let pid): started(node, pid, done)
      case .failed(let error):
        node.isStarting = false
        node.exit = "\(error)"
        done(error)
        hasEnded(node)
      case .ended(let exit, let failed):
        let atOnce = node.isStarting
        if atOnce { isUp(node, nil) }
        ended(node, exit: exit, failed: failed)
        if atOnce { done(nil) }
      }
    }
  }

  private func isUp(_ node: GuardianNode, _ pid: Int32?) {
    node.isStarting = false
    node.pid = pid
    node.startedAt = Date().timeIntervalSince1970
    node.startedClock = Self.now()
  }

  private func started(_ node: GuardianNode, _ pid: Int32, _ done: (EngineError?) -> Void) {
    isUp(node, pid)
    announce(node)
    done(nil)
    // Somebody may have had it stopped or killed while it was on its way.
    guard node.stopped || shutdownRequested else { return }
    node.killAt = min(node.killAt ?? .infinity, Self.now() + node.spec.stopGrace)
    ask(node)
  }

  func end(_ node: GuardianNode, then reply: @escaping (GuardianReply) -> Void) {
    node.stopped = true
    node.respawnAt = nil
    guard !node.isDown else {
      if node.forget { nodes[node.spec.node] = nil }
      return reply(GuardianReply(node: record(node)))
    }
    whenEnded(node, reply)
    guard !node.isStarting else { return }
    node.killAt = min(node.killAt ?? .infinity, Self.now() + node.spec.stopGrace)
    ask(node)
    if node.frozen { node.signalAll(SIGCONT) }
  }

  /// Tells a node to end; one that can't hear it yet is told again.
  func ask(_ node: GuardianNode) {
    // Looked at first: what it hears from now on it will hear.
    let isDeaf = node.isDeaf(to: node.spec.stopSignal)
    node.signal(node.spec.stopSignal)
    node.askAgainAt = isDeaf ? Self.now() + 0.05 : nil
  }

  func whenEnded(_ node: GuardianNode, _ reply: @escaping (GuardianReply) -> Void) {
    guard !node.isDown else { return reply(GuardianReply(node: record(node))) }
    node.onEnd.append { [self] in reply(GuardianReply(node: record(node))) }
  }

  func freeze(_ name: String, _ frozen: Bool) throws -> GuardianReply {
    let node = try node(name)
    guard node.pid != nil else { throw EngineError("\(name) does not run", code: .usage) }
    node.signalAll(frozen ? SIGSTOP : SIGCONT)
    node.frozen = frozen
    announce(node)
    return GuardianReply(node: record(node))
  }
}

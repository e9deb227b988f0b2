internal import DequeModule
import Logging

/// One connection that is opened again whenever it is lost.
///
/// The first attempt is waited for by commands, within their time-outs; once an attempt has failed they fail at once
/// until there is a connection.
@Reactor
final class RedisLink {
  private enum State {
    case idle, closed
    case connecting(RedisContext?)
    case waiting(ReactorTimer)
    case ready(RedisContext)
  }

  /// A connection on which a command waits this long beyond its time-out is taken for dead.
  private static let stallFactor = 4

  private let configuration: RedisConfiguration
  private let logger: Logger
  private var state = State.idle
  private var connectTimer: ReactorTimer?
  /// Sent, or to be sent by the first connection; oldest first.
  private var pending: Deque<RedisPending> = []
  private var sweepTimer: ReactorTimer?
  private var failures = 0
  private var lastError: RedisError?
  private var generation = 0

  init(_ configuration: RedisConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  var isConnected: Bool { if case .ready = state { true } else { false } }

  func send(_ command: RedisPending) {
    switch state {
    case .ready(let context):
      guard pending.count < configuration.maxInFlight else {
        return command.finish(
          .failure(RedisError(code: .overloaded, message: "\(pending.count) commands wait for their replies")))
      }
      remember(command)
      context.send(command.command) { [weak self] reply in self?.received(reply, for: command) }
    case .connecting where failures == 0 && pending.count < configuration.maxInFlight: remember(command)
    case .closed: command.finish(.failure(RedisError(code: .closed, message: "the client was shut down")))
    default:
      let reason = lastError.map { ": " + $0.message } ?? ""
      command.finish(.failure(RedisError(code: .disconnected, message: "not connected to Redis" + reason)))
    }
  }

  func connect() {
    switch state {
    case .idle, .waiting: break
    default: return
    }
    generation += 1
    let attempt = generation
    state = .connecting(nil)
    connectTimer = Reactor.schedule(after: configuration.connectTimeout) { [weak self] in
      guard let self else { return }
      lost(
        RedisError(
          code: .connectionRefused,
          message: "no connection to \(configuration.host):\(configuration.port) within \(configuration.connectTimeout)"
        ))
    }
    NameResolver.resolve(configuration.host) { [weak self] result in
      guard let self, attempt == generation, case .connecting = state else { return }
      switch result {
      case .success(let addresses): open(addresses[0], attempt)
      case .failure(let error): lost(RedisError(code: .connectionRefused, message: "\(error)"))
      }
    }
  }

  func shutDown() {
    end(RedisError(code: .closed, message: "the client was shut down"))
    state = .closed
  }

  // MARK: Life of a connection

  private func open(_ address: String, _ attempt: Int) {
    let context = RedisContext(
      address: address, port: configuration.port,
      connected: { [weak self] context in
        guard let self, attempt == generation else { return }
        logIn(context)
      },
      lost: { [weak self] reason in
        guard let self, attempt == generation else { return }
        let code: RedisError.Code = isConnected ? .connectionClosed : .connectionRefused
        lost(RedisError(code: code, message: "\(configuration.host):\(configuration.port): \(reason)"))
      })
    if case .connecting = state, attempt == generation { state = .connecting(context) }
    context.start()
  }

  /// AUTH and SELECT come before all else; the connection counts only when both are answered.
  private func logIn(_ context: RedisContext) {
    var steps: [[RedisArgument]] = []
    if let password = configuration.password {
      steps.append(["AUTH"] + (configuration.username.map { [RedisArgument($0)] } ?? []) + [RedisArgument(password)])
    }
    if configuration.database != 0 { steps.append(["SELECT", RedisArgument(configuration.database)]) }
    // A server that accepts connections and answers nothing, or is still loading, is found out here.
    steps.append(["PING"])
    var left = steps.count
    let attempt = generation
    for step in steps {
      guard let command = try? RedisCommand(step, maxBytes: .max) else { continue }
      context.send(command) { [weak self] reply in
        guard let self, attempt == generation, case .connecting = state else { return }
        switch reply {
        case .error(let message): lost(RedisError(code: .connectionRefused, message: message))
        case .none: break
        default:
          left -= 1
          if left == 0 { ready(context) }
        }
      }
    }
  }

  private func ready(_ context: RedisContext) {
    if failures > 0 { logger.info("connected to Redis again", metadata: ["host": "\(configuration.host)"]) }
    connectTimer?.cancel()
    connectTimer = nil
    failures = 0
    lastError = nil
    state = .ready(context)
    for command in pending where !command.isDone {
      context.send(command.command) { [weak self] reply in self?.received(reply, for: command) }
    }
    pending.removeAll { $0.isDone }
  }

  private func lost(_ error: RedisError) {
    end(error)
    failures += 1
    lastError = error
    // Once for each row of failures: an unreachable server must not fill the log.
    logger.log(
      level: failures == 1 ? .warning : .debug, "no connection to Redis",
      metadata: ["host": "\(configuration.host)", "error": "\(error.message)"])
    let longest = configuration.backoffBase * (1 << min(failures - 1, 20))
    let pause = min(longest, configuration.backoffCap) * Double.random(in: 0.5...1)
    state = .waiting(Reactor.schedule(after: pause) { [weak self] in self?.connect() })
  }

  /// Leaves the present state and fails all that waits.
  private func end(_ error: RedisError) {
    generation += 1
    connectTimer?.cancel()
    connectTimer = nil
    sweepTimer?.cancel()
    sweepTimer = nil
    let before = state
    state = .idle
    let orphans = pending
    pending = []
    for command in orphans { command.finish(.failure(error)) }
    switch before {
    case .connecting(let context): context?.close()
    case .ready(let context): context.close()
    case .waiting(let timer): timer.cancel()
    case .idle, .closed: break
    }
  }

  // MARK: Replies and time-outs

  private func received(_ reply: RedisValue?, for command: RedisPending) {
    // Replies come in the order of the commands.
    if pending.first === command { pending.removeFirst() } else { pending.removeAll { $0 === command } }
    switch reply {
    case .error(let message): command.finish(.failure(RedisError(code: .server, message: message)))
    case .some(let value): command.finish(.success(value))
    case .none:
      command.finish(.failure(lastError ?? RedisError(code: .connectionClosed, message: "the connection was lost")))
    }
  }

  private func remember(_ command: RedisPending) {
    pending.append(command)
    if let timer = sweepTimer, timer.isArmed, timer.deadline <= command.deadline { return }
    sweepTimer?.cancel()
    armSweep(at: command.deadline)
  }

  private func armSweep(at deadline: ContinuousClock.Instant) {
    sweepTimer = Reactor.loop.schedule(at: deadline) { [weak self] in self?.sweep() }
  }

  /// One timer for all commands: it fires at the earliest deadline, which is hardly ever still waited for.
  private func sweep() {
    sweepTimer = nil
    let now = ContinuousClock.now
    for command in pending where command.deadline <= now {
      command.finish(.failure(RedisError(code: .timedOut, message: "no reply from Redis in time")))
    }
    if case .connecting = state { pending.removeAll { $0.isDone } }
    if let oldest = pending.first,
      oldest.deadline.advanced(by: configuration.commandTimeout * Self.stallFactor) <= now
    {
      return lost(
        RedisError(code: .connectionClosed, message: "\(configuration.host):\(configuration.port): no reply any more"))
    }
    // Those that timed out stay until their reply comes, for the order's sake.
    let waiting = pending.filter { !$0.isDone }.map(\.deadline).min()
    let stall = pending.first.map { $0.deadline.advanced(by: configuration.commandTimeout * Self.stallFactor) }
    if let next = [waiting, stall].compactMap({ $0 }).min() { armSweep(at: next) }
  }
}

public import Logging
public import Metrics
public import ServiceLifecycle

/// Connections to one database. A thin shell around `PoolStateMachine`: it opens, closes, lends and counts as told.
@Reactor
public final class PostgresPool: Service {
  struct Waiter {
    let since: ContinuousClock.Instant
    var timer: ReactorTimer?
    let timeout: Duration
    let done: @Reactor (Result<Loan, PostgresError>) -> Void
  }

  /// A connection in the hands of a caller.
  struct Loan {
    let id: Int
    let session: PostgresSession
  }

  nonisolated let configuration: PostgresConfiguration
  /// How many connections, and for how long.
  public nonisolated let settings: PoolSettings
  private nonisolated let logger: Logger
  private var machine: PoolStateMachine
  private var sessions: [Int: PostgresSession] = [:]
  private var attempts: [Int: PostgresConnectAttempt] = [:]
  private var waiters: [Int: Waiter] = [:]
  private var nextWaiter = 0
  private var tickTimer: ReactorTimer?
  private var lastConnectError: PostgresError?
  private var whenDrained: [@Reactor () -> Void] = []
  private var counters = PoolStatistics()
  private let metrics: PoolMetrics

  /// Opens nothing yet: the first use or `run()` does. Its figures go to `metrics`.
  public nonisolated init(
    _ configuration: PostgresConfiguration, settings: PoolSettings, logger: Logger,
    metrics factory: any MetricsFactory = MetricsSystem.factory
  ) {
    self.configuration = configuration
    self.settings = settings
    self.logger = logger
    machine = PoolStateMachine(settings: settings)
    metrics = PoolMetrics(settings, factory: factory)
  }

  isolated deinit {
    tickTimer?.cancel()
    for attempt in attempts.values { attempt.cancel() }
    for session in sessions.values { session.close() }
  }

  /// The pool at this moment.
  public var statistics: PoolStatistics {
    var statistics = counters
    statistics.inUse = machine.inUse
    statistics.idle = machine.idle.count
    statistics.connecting = machine.connecting
    statistics.waiting = machine.waiters.count
    statistics.max = settings.max
    return statistics
  }

  /// Opens the connections that are to be kept, and returns at once.
  public func start() { perform(machine.start(now: .now)) }

  /// Keeps the pool until a graceful shutdown or cancellation; then refuses new callers, waits `shutdownTimeout` for
  /// the connections in use, and closes all.
  public nonisolated func run() async throws {
    await start()
    try? await gracefulShutdown()
    await shutDown()
  }

  /// Ends the pool as `run` does.
  public nonisolated(nonsending) func shutDown() async {
    let timeout = settings.shutdownTimeout
    try? await onReactorUncancelled { (call: ReactorCall<Void>) in
      let timer = Reactor.schedule(after: timeout) { self.perform(self.machine.closeAll()) }
      self.shutDown {
        timer.cancel()
        call.finish(.success(()))
      }
    }
  }

  private func shutDown(_ done: @escaping @Reactor () -> Void) {
    if machine.phase == .drained { return done() }
    whenDrained.append(done)
    perform(machine.shutDown())
  }

  // MARK: Callers

  /// Calls back with a loan, perhaps at once; gives the waiter's number while it waits, else nil.
  func acquire(timeout: Duration, _ done: @escaping @Reactor (Result<Loan, PostgresError>) -> Void) -> Int? {
    nextWaiter += 1
    let id = nextWaiter
    let now = ContinuousClock.now
    waiters[id] = Waiter(since: now, timeout: timeout, done: done)
    perform(machine.acquire(id, now: now))
    guard waiters[id] != nil else { return nil }
    waiters[id]?.timer = Reactor.loop.schedule(at: now.advanced(by: timeout)) { [weak self] in
      guard let self else { return }
      perform(machine.timedOut(id, now: .now))
    }
    return id
  }

  /// The waiter is not interested any more.
  func withdraw(_ id: Int) {
    guard let waiter = waiters.removeValue(forKey: id) else { return }
    waiter.timer?.cancel()
    machine.withdraw(id)
    metrics.show(machine)
    waiter.done(.failure(PostgresOperation.cancelledError))
  }

  func release(_ loan: Loan) {
    perform(machine.release(loan.id, reusable: loan.session.isReusable, now: .now))
  }

  // MARK: What the machine decides

  private func perform(_ actions: [PoolStateMachine.Action]) {
    // First: whoever gets a connection sees it counted.
    metrics.show(machine)
    for action in actions {
      switch action {
      case .open(let id): open(id)
      case .close(let id): close(id)
      case .lend(let id, let waiter): lend(id, to: waiter)
      case .refuse(let waiter, let refusal): refuse(waiter, refusal)
      case .drained:
        let bodies = whenDrained
        whenDrained = []
        for body in bodies { body() }
      }
    }
    armTick()
  }

  private func open(_ id: Int) {
    let attempt = PostgresConnectAttempt(configuration, timeout: settings.connectTimeout) { [weak self] result in
      guard let self else {
        if case .success(let session) = result { session.close() }
        return
      }
      attempts[id] = nil
      switch result {
      case .success(let session): opened(id, session)
      case .failure(let error): openFailed(id, error)
      }
    }
    attempts[id] = attempt
    attempt.start()
  }

  private func opened(_ id: Int, _ session: PostgresSession) {
    if machine.failures > 0 { logger.info("connected again", metadata: ["pool": "\(settings.name)"]) }
    counters.opened += 1
    sessions[id] = session
    session.onFailure = { [weak self] error in
      guard let self else { return }
      logger.debug(
        "connection lost",
        metadata: ["pool": "\(settings.name)", "error": "\(error.message)", "sqlstate": "\(error.sqlState ?? "")"])
      perform(machine.lost(id, now: .now))
    }
    perform(machine.connected(id, jitter: .random(in: 0..<1), now: .now))
  }

  private func openFailed(_ id: Int, _ error: PostgresError) {
    if machine.phase == .running {
      // Once for each row of failures: an unreachable server must not fill the log.
      logger.log(
        level: machine.failures == 0 ? .warning : .debug, "cannot open a connection",
        metadata: ["pool": "\(settings.name)", "error": "\(error.message)", "sqlstate": "\(error.sqlState ?? "")"])
      counters.connectFailures += 1
      lastConnectError = error
    }
    perform(machine.connectFailed(id, jitter: .random(in: 0..<1), now: .now))
  }

  private func close(_ id: Int) {
    attempts.removeValue(forKey: id)?.cancel()
    guard let session = sessions.removeValue(forKey: id) else { return }
    counters.closed += 1
    session.onFailure = nil
    session.close()
  }

  private func lend(_ id: Int, to waiterID: Int) {
    guard let waiter = waiters[waiterID] else { return perform(machine.release(id, reusable: true, now: .now)) }
    // Reads what may already be there: a session that the server has just ended must not be lent.
    sessions[id]?.ready(.read)
    guard let session = sessions[id], session.isReusable else {
      return perform(machine.lendFailed(id, waiterID, since: waiter.since, now: .now))
    }
    waiters[waiterID] = nil
    waiter.timer?.cancel()
    let waited = waiter.since.duration(to: .now)
    counters.acquired += 1
    counters.totalWait += waited
    metrics.waited(waited)
    waiter.done(.success(Loan(id: id, session: session)))
  }

  private func refuse(_ waiterID: Int, _ refusal: PoolStateMachine.Refusal) {
    guard let waiter = waiters.removeValue(forKey: waiterID) else { return }
    waiter.timer?.cancel()
    if refusal != .closed {
      counters.timeouts += 1
      metrics.timedOut()
    }
    waiter.done(.failure(error(for: refusal, waiter)))
  }

  private func error(for refusal: PoolStateMachine.Refusal, _ waiter: Waiter) -> PostgresError {
    switch refusal {
    case .closed: return PostgresError(code: .poolClosed, message: "the pool \(settings.name) is shutting down")
    case .connectFailed:
      if var error = lastConnectError {
        error.cause = lastConnectError
        return error
      }
      fallthrough
    case .busy:
      return PostgresError(
        code: .poolTimeout,
        message: "no connection of the pool \(settings.name) became free within \(waiter.timeout) "
          + "(\(machine.inUse) of \(settings.max) in use, \(machine.waiters.count) waiting)")
    }
  }

  private func armTick() {
    let next = machine.nextTick
    if let timer = tickTimer {
      // An early tick does no harm; arming again for each statement would cost.
      if let next, timer.isArmed, timer.deadline <= next { return }
      timer.cancel()
      tickTimer = nil
    }
    guard let next else { return }
    tickTimer = Reactor.loop.schedule(at: next) { [weak self] in
      guard let self else { return }
      tickTimer = nil
      perform(machine.tick(now: .now))
    }
  }
}

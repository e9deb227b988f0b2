import Logging
import ServiceLifecycle

/// The few connections of a client, used in turn.
@Reactor
final class RedisConnections {
  nonisolated let configuration: RedisConfiguration
  private nonisolated let logger: Logger
  private var links: [RedisLink] = []
  private var next = 0
  private var isClosed = false

  nonisolated init(_ configuration: RedisConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  isolated deinit { for link in links { link.shutDown() } }

  var isConnected: Bool { links.contains { $0.isConnected } }

  func start() {
    guard links.isEmpty, !isClosed else { return }
    links = (0..<configuration.connections).map { _ in RedisLink(configuration, logger: logger) }
    for link in links { link.connect() }
  }

  func send(_ command: RedisCommand, deadline: ContinuousClock.Instant, _ call: ReactorCall<RedisValue>) {
    if call.isCancelled { return call.finish(.failure(RedisPending.cancelledError)) }
    if isClosed { return call.finish(.failure(RedisError(code: .closed, message: "the client was shut down"))) }
    start()
    next = (next + 1) % links.count
    // One that is connected, if any.
    let link = links[next].isConnected ? links[next] : links.first { $0.isConnected } ?? links[next]
    let pending = RedisPending(command, deadline: deadline) { call.finish($0) }
    call.onCancel { pending.finish(.failure(RedisPending.cancelledError)) }
    link.send(pending)
  }

  nonisolated func run() async {
    await start()
    try? await gracefulShutdown()
    await shutDown()
  }

  func shutDown() {
    isClosed = true
    for link in links { link.shutDown() }
    links = []
  }
}

/// One command and the task that waits for its reply.
@Reactor
final class RedisPending {
  static let cancelledError = RedisError(code: .cancelled, message: "the task was cancelled")

  let command: RedisCommand
  let deadline: ContinuousClock.Instant
  private var done: (@Reactor (Result<RedisValue, RedisError>) -> Void)?

  init(
    _ command: RedisCommand, deadline: ContinuousClock.Instant,
    _ done: @escaping @Reactor (Result<RedisValue, RedisError>) -> Void
  ) {
    self.command = command
    self.deadline = deadline
    self.done = done
  }

  var isDone: Bool { done == nil }

  /// Only the first time counts: a reply after the time-out is dropped.
  func finish(_ result: Result<RedisValue, RedisError>) {
    let done = self.done
    self.done = nil
    done?(result)
  }
}

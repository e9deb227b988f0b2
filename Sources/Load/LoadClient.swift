import LoopTasks
import NIOCore
import NIOPosix

/// The HTTP client of the load: enough connections, HTTP/1.1 with keep-alive, no redirects, no retries.
///
/// A retry would hide what the users see; a limit on connections would hide how slow it is. Of our own, on SwiftNIO's
/// codec: what a general client does besides costs several times the processor time of a request, and on a machine of
/// two processors a verdict would judge the generator.
public struct LoadClient: Sendable {
  private let pool: NIOLoopBound<LoadPool>
  private let loop: any EventLoop
  private let executor: LoopTaskExecutor

  /// Opens a client for the time of `body` and closes it, whatever happens.
  public static func with<Result: Sendable>(
    connectionsPerHost: Int = 512, _ body: @Sendable (LoadClient) async throws -> Result
  ) async throws -> Result {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    do {
      let pool = try await loop.submit {
        NIOLoopBound(LoadPool(loop: loop, limit: connectionsPerHost), eventLoop: loop)
      }.get()
      let result = try await body(LoadClient(pool: pool, loop: loop, executor: LoopTaskExecutor(loop)))
      // Closes the connections, too.
      try await group.shutdownGracefully()
      return result
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// How many connections there are, also those that are only about to be.
  var connections: Int {
    get async throws { try await loop.submit { pool.value.connections }.get() }
  }

  /// A group of tasks that make requests, on the thread of the connections: no step of theirs has to wake another.
  func withRequests(_ body: (inout DiscardingTaskGroup) async -> Void) async {
    await withTaskExecutorPreference(executor) {
      await withDiscardingTaskGroup { await body(&$0) }
    }
  }

  /// Lets the time pass on the connections' own thread: a sleep of Swift's own changes threads twice, and is later.
  func pause(_ time: Duration) async {
    let time = TimeAmount.nanoseconds(HistoryRecorder.nanoseconds(time))
    await withUnsafeContinuation { continuation in
      _ = loop.scheduleTask(in: time) { continuation.resume() }
    }
  }

  /// Lets the connections take in what has come, once what was set going has gone out.
  func breathe() async {
    await withUnsafeContinuation { continuation in
      // The loop looks at its connections when no task of its own is due any more.
      loop.execute { _ = loop.scheduleTask(in: .microseconds(20)) { continuation.resume() } }
    }
  }

  /// Makes one request and waits for its whole reply, at most for `patience`. Whoever is cancelled waits no longer.
  func send(_ call: Call, patience: Duration) async -> Answer {
    guard let request = LoadExchange(call) else { return .cut("connect") }
    let deadline = NIODeadline.now() + .nanoseconds(HistoryRecorder.nanoseconds(patience))
    let exchange = NIOLoopBoundBox.makeBoxSendingValue(request, eventLoop: loop)
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let begin: @Sendable () -> Void = {
          exchange.value.whenOver { continuation.resume(returning: $0) }
          pool.value.carry(exchange.value, until: deadline)
        }
        if loop.inEventLoop { begin() } else { loop.execute(begin) }
      }
    } onCancel: {
      loop.execute { exchange.value.end(.cut("cut")) }
    }
  }
}

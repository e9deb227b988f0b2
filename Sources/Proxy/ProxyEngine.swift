import CPlatform
import NIOCore
public import ServiceLifecycle
import Synchronization

/// The proxy's data path as a service: it listens while it runs, and everything else asks it through `ask`.
public final class ProxyEngine: Service {
  /// The data path has ended.
  struct Stopped: Error {}

  private let links: [LinkSpec]
  private let host: String
  private let limits: ProxyLimits
  private let mailbox = Mailbox()
  private let ended = Mutex<(isDone: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

  /// - Parameters:
  ///   - links: what to listen on, at `host`.
  public init(links: [LinkSpec], host: String, limits: ProxyLimits = ProxyLimits()) {
    self.links = links
    self.host = host
    self.limits = limits
  }

  /// Listens and passes bytes on until shutdown.
  /// - Throws: `IOError` when it can't listen.
  public func run() async throws {
    try await start()
    try? await gracefulShutdown()
    await stop()
  }

  /// Starts to listen.
  func start() async throws {
    let (mailbox, limits, links, host) = (self.mailbox, self.limits, self.links, self.host)
    let descriptors = cplatform_raise_file_limit()
    let hasStarted = DetachedThread.start("proxy") { [self] in
      // Two descriptors for each connection, and some for everything else.
      var limits = limits
      limits.maxConnections = min(limits.maxConnections, max(16, Int(clamping: descriptors) / 2 - 64))
      let loop = ProxyLoop(settings: limits, mailbox: mailbox)
      loop.run()
      finish()
    }
    guard hasStarted else { throw Stopped() }
    do {
      try await ask { loop in try loop.listen(links, host: host) }
    } catch {
      await stop()
      throw error
    }
  }

  /// Closes everything; returns when that is done.
  func stop() async {
    mailbox.send { $0.end() }
    await withCheckedContinuation { continuation in
      let isDone = ended.withLock { state in
        if !state.isDone { state.waiting.append(continuation) }
        return state.isDone
      }
      if isDone { continuation.resume() }
    }
  }

  private func finish() {
    let waiting = ended.withLock { state in
      state.isDone = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Runs `body` on the loop, which it must not hold up, and gives what it returns.
  /// - Throws: what `body` throws, or `Stopped`.
  func ask<Value: Sendable>(_ body: @escaping @Sendable (ProxyLoop) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let isSent = mailbox.send { loop in continuation.resume(with: Result { try body(loop) }) }
      if !isSent { continuation.resume(throwing: Stopped()) }
    }
  }
}

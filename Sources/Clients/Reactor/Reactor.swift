/// The one thread that all clients' sockets, timers and C handles belong to. `@Reactor` code runs on it, one piece at a
/// time, and must never block it: what may take longer than 10 ms goes to `BlockingWorker`.
@globalActor
public actor Reactor {
  /// The process's reactor; its thread starts with the first use.
  public static let shared = Reactor()

  private let executor = ReactorExecutor()

  private init() {}

  /// The thread as an executor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Runs `body` on the reactor, after all that was posted before.
  public nonisolated static func post(_ body: @escaping @Sendable @Reactor () -> Void) {
    shared.executor.post(body)
  }

  /// Enters isolation from a C callback; stops the program when it is not called on the reactor's thread.
  nonisolated static func assumeIsolated<T: Sendable>(_ body: @Reactor () throws -> T) rethrows -> T {
    shared.preconditionIsolated()
    // The check above is what makes it right to drop the isolation from the closure's type.
    return try withoutActuallyEscaping(body) { body in try unsafeBitCast(body, to: (() throws -> T).self)() }
  }

  /// The loop's descriptors and timers.
  @Reactor static let loop = ReactorLoop()
}

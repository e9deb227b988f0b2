/// A task's wait for something that the reactor does with callbacks. One hop there, one back, none between.
@Reactor
final class ReactorCall<Value: Sendable> {
  private var continuation: CheckedContinuation<Value, any Error>?
  private var cancelHandler: (@Reactor () -> Void)?
  /// The task was cancelled, perhaps before the work began.
  private(set) var isCancelled = false

  nonisolated init() {}

  func begin(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = continuation }

  /// Resumes the task; only the first time counts.
  func finish(_ result: Result<Value, any Error>) {
    cancelHandler = nil
    continuation?.resume(with: result)
    continuation = nil
  }

  func finish<E: Error>(_ result: Result<Value, E>) { finish(result.mapError { $0 as any Error }) }

  /// What to do when the task is cancelled while it waits.
  func onCancel(_ handler: @escaping @Reactor () -> Void) { if continuation != nil { cancelHandler = handler } }

  func cancel() {
    isCancelled = true
    let handler = cancelHandler
    cancelHandler = nil
    handler?()
  }
}

/// Runs `body` on the reactor and waits until it finishes the call.
nonisolated(nonsending) func onReactor<Value: Sendable>(
  _ body: @escaping @Sendable @Reactor (ReactorCall<Value>) -> Void
) async throws -> Value {
  let call = ReactorCall<Value>()
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { continuation in
      Reactor.post {
        call.begin(continuation)
        body(call)
      }
    }
  } onCancel: {
    Reactor.post { call.cancel() }
  }
}

/// The same for what must run to its end although the task is cancelled, such as a rollback.
nonisolated(nonsending) func onReactorUncancelled<Value: Sendable>(
  _ body: @escaping @Sendable @Reactor (ReactorCall<Value>) -> Void
) async throws -> Value {
  let call = ReactorCall<Value>()
  return try await withCheckedThrowingContinuation { continuation in
    Reactor.post {
      call.begin(continuation)
      body(call)
    }
  }
}

/// One statement on its way: waiting on a connection, or sent and not yet answered in full.
@Reactor
final class PostgresOperation {
  enum Kind: Sendable {
    /// Simple protocol, may hold several statements.
    case simple(EncodedQuery)
    /// Extended protocol with binds.
    case extended(EncodedQuery)
    /// COMMIT and ROLLBACK: never cancelled; when the answer is late, the connection is closed.
    case control(EncodedQuery)
  }

  enum Interruption { case deadline, taskCancelled }
  enum Stage { case waiting, preparing(name: String), executing }

  static let cancelledError = PostgresError(code: .cancelled, message: "the task was cancelled")

  let kind: Kind
  let deadline: ContinuousClock.Instant?
  var stage = Stage.waiting
  var interruption: Interruption?
  /// Everything has been received, ReadyForQuery included.
  var isAnswered = false
  var isRetried = false
  var error: PostgresError?
  var result: PostgresResult?
  var timer: ReactorTimer?
  private var done: (@Reactor (Result<PostgresResult, PostgresError>) -> Void)?

  init(
    kind: Kind, deadline: ContinuousClock.Instant?,
    _ done: @escaping @Reactor (Result<PostgresResult, PostgresError>) -> Void
  ) {
    self.kind = kind
    self.deadline = deadline
    self.done = done
  }

  var isDone: Bool { done == nil }

  /// What the caller is told when the interruption worked.
  func interruptionError(cause: PostgresError?) -> PostgresError {
    var error =
      interruption == .taskCancelled
      ? Self.cancelledError
      : PostgresError(code: .queryTimedOut, message: "the statement did not end before its deadline")
    error.sqlState = cause?.sqlState
    error.cause = cause
    return error
  }

  func finish(_ result: Result<PostgresResult, PostgresError>) {
    timer?.cancel()
    timer = nil
    let done = self.done
    self.done = nil
    done?(result)
  }
}

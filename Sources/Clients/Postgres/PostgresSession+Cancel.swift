internal import CLibPQ

/// Cancelling a statement on the server, without blocking the reactor and without hitting the statement after it.
extension PostgresSession {
  /// How long a request that had no effect gets before the next: one that arrives before the backend has begun to read
  /// the statement is ignored by the server.
  static let cancelRepeat = Duration.milliseconds(100)

  /// Ends a statement before its time. One that was not sent yet is withdrawn, one that runs is cancelled on the
  /// server.
  func interrupt(_ operation: PostgresOperation, _ why: PostgresOperation.Interruption) {
    guard !operation.isDone, operation.interruption == nil else { return }
    operation.interruption = why
    guard operation === active else {
      withdraw(operation)
      return operation.finish(.failure(operation.interruptionError(cause: nil)))
    }
    if case .control = operation.kind {
      return fail(PostgresError(code: .connectionClosed, message: "closed by the client: no answer in time"))
    }
    graceTimer = Reactor.schedule(after: configuration.cancelGrace) { [weak self] in
      self?.fail(
        PostgresError(code: .connectionClosed, message: "closed by the client: the server did not confirm a cancel"))
    }
    requestCancel(operation)
  }

  private func requestCancel(_ operation: PostgresOperation) {
    guard let raw, let pointer = PQgetCancel(raw) else {
      return fail(PostgresError(code: .connectionClosed, message: "closed by the client: it cannot be cancelled"))
    }
    let request = CancelRequest(owning: pointer)
    isCancelInFlight = true
    let isTaken = cancels.run(in: server(raw)) {
      request.send()
      Reactor.post { self.cancelReturned(operation) }
    }
    // Not sent, and so repeated like one that had no effect.
    if !isTaken { cancelReturned(operation) }
  }

  /// Address and port, or the folder of the unix socket: whom a cancel request goes to.
  private func server(_ raw: OpaquePointer) -> String {
    func text(_ field: UnsafeMutablePointer<CChar>?) -> String { field.map { String(cString: $0) } ?? "" }
    let address = text(PQhostaddr(raw))
    return "\(address.isEmpty ? text(PQhost(raw)) : address) \(text(PQport(raw)))"
  }

  private func cancelReturned(_ operation: PostgresOperation) {
    isCancelInFlight = false
    guard failure == nil, operation === active else { return }
    if operation.isAnswered { return conclude(operation) }
    Reactor.loop.schedule(at: .now.advanced(by: Self.cancelRepeat)) { [weak self, weak operation] in
      guard let self, let operation, operation === active, !operation.isAnswered else { return }
      requestCancel(operation)
    }
  }
}

/// Owns one PGcancel.
///
/// @unchecked: it is made on the reactor, then used by one helper thread only, and freed with the last reference.
private final class CancelRequest: @unchecked Sendable {
  private let raw: OpaquePointer

  init(owning raw: OpaquePointer) { self.raw = raw }

  deinit { PQfreeCancel(raw) }

  /// Blocks until the server has taken the request. A failure needs no report: the request is repeated, and in the end
  /// the connection is closed.
  func send() {
    var reason = [CChar](repeating: 0, count: 256)
    _ = PQcancel(raw, &reason, Int32(reason.count))
  }
}

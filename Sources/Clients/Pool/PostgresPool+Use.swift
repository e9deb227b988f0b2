/// What callers do with a pool.
extension PostgresPool {
  /// Runs one statement on any connection: there and back in one hop.
  nonisolated(nonsending) func query(_ query: PostgresQuery, timeout: Duration?) async throws -> PostgresResult {
    let encoded = try EncodedQuery(query)
    let end = timeout.map { ContinuousClock.now.advanced(by: $0) }
    return try await onReactor { call in self.run(encoded, timeout: timeout, end: end, call) }
  }

  /// Lends a connection to `body`. It goes back only when it is outside any transaction with nothing under way; else
  /// it is closed.
  @discardableResult
  public nonisolated(nonsending) func withConnection<R>(
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    let (loan, connection) = try await borrow()
    // Not awaited: what this task asks of the pool next comes after it all the same.
    defer { Reactor.post { self.takeBack(loan, connection) } }
    return try await body(connection)
  }

  private nonisolated(nonsending) func borrow() async throws -> (Loan, PostgresConnection) {
    let timeout = settings.acquireTimeout
    return try await onReactor { call in
      if call.isCancelled { return call.finish(.failure(PostgresOperation.cancelledError)) }
      let waiter = self.acquire(timeout: timeout) { result in
        call.finish(result.map { ($0, PostgresConnection(session: $0.session, configuration: self.configuration)) })
      }
      if let waiter { call.onCancel { self.withdraw(waiter) } }
    }
  }

  private func takeBack(_ loan: Loan, _ connection: PostgresConnection) {
    connection.session = nil
    release(loan)
  }

  private func run(
    _ query: EncodedQuery, timeout: Duration?, end: ContinuousClock.Instant?, _ call: ReactorCall<PostgresResult>
  ) {
    if call.isCancelled { return call.finish(.failure(PostgresOperation.cancelledError)) }
    let patience = min(settings.acquireTimeout, timeout ?? settings.acquireTimeout)
    let waiter = acquire(timeout: patience) { result in
      switch result {
      case .failure(let error): call.finish(.failure(error))
      case .success(let loan):
        let deadline = end ?? self.configuration.statementTimeout.map { ContinuousClock.now.advanced(by: $0) }
        let operation = PostgresOperation(kind: .extended(query), deadline: deadline) { result in
          self.release(loan)
          call.finish(result)
        }
        call.onCancel { loan.session.interrupt(operation, .taskCancelled) }
        loan.session.run(operation)
      }
    }
    if let waiter { call.onCancel { self.withdraw(waiter) } }
  }
}

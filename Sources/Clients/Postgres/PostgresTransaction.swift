/// How a transaction is isolated from others.
public enum PostgresIsolation: String, Sendable {
  /// Each statement sees what was committed when it began.
  case readCommitted = "READ COMMITTED"
  /// All statements see one moment.
  case repeatableRead = "REPEATABLE READ"
  /// As if transactions ran one after another; may fail with `.serializationFailure`.
  case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws, also when the task is cancelled.
  ///
  /// - Throws: what `body` throws; `.transactionRolledBack` when a statement had failed though `body` returned;
  ///   `.commitUnknown` when the connection was lost before the answer to COMMIT.
  @discardableResult
  public nonisolated(nonsending) func withTransaction<R>(
    isolation: PostgresIsolation? = nil, readOnly: Bool = false,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    var begin = "BEGIN"
    if let isolation { begin += " ISOLATION LEVEL \(isolation.rawValue)" }
    if readOnly { begin += " READ ONLY" }
    if await isInTransaction {
      throw PostgresError(code: .unsupported, message: "the connection is in a transaction already")
    }
    do { try await simpleQuery(begin) } catch {
      await rollback()
      throw error
    }
    let value: R
    do {
      value = try await body(self)
    } catch {
      await rollback()
      throw error
    }
    try await commit()
    return value
  }

  private nonisolated(nonsending) func commit() async throws {
    let deadline = ContinuousClock.now.advanced(by: configuration.statementTimeout ?? .seconds(30))
    do {
      let encoded = try EncodedQuery("COMMIT")
      // Not to be cancelled: a COMMIT that is cut short leaves nobody knowing.
      let result: PostgresResult = try await onReactorUncancelled { call in
        self.start(.control(encoded), deadline: deadline, call)
      }
      if result.commandTag == "COMMIT" { return }
      throw PostgresError(
        code: .transactionRolledBack, message: "COMMIT was answered with \(result.commandTag): a statement had failed")
    } catch let error as PostgresError {
      switch error.code {
      case .connectionClosed, .queryTimedOut, .statementTimedOut:
        await close(because: error)
        throw PostgresError(
          code: .commitUnknown, sqlState: error.sqlState, message: "no answer to COMMIT; it may have happened",
          cause: error)
      case .transactionRolledBack: throw error
      default:
        await rollback()
        throw error
      }
    }
  }

  /// Ends the transaction whatever the task's state; when that is not confirmed in time, the connection is closed.
  private nonisolated(nonsending) func rollback() async {
    let deadline = ContinuousClock.now.advanced(by: configuration.cancelGrace)
    do {
      guard await isInTransaction else { return }
      let encoded = try EncodedQuery("ROLLBACK")
      let _: PostgresResult = try await onReactorUncancelled { call in
        self.start(.control(encoded), deadline: deadline, call)
      }
    } catch {
      await close(because: error)
    }
  }

  private var isInTransaction: Bool { session?.isInTransaction ?? false }

  private func close(because error: any Error) {
    session?.fail(
      PostgresError(code: .connectionClosed, message: "closed by the client: the transaction did not end", cause: error)
    )
  }
}

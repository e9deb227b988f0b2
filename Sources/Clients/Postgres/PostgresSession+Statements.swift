internal import CLibPQ

/// Sending a statement and taking its answer.
extension PostgresSession {
  /// Beyond this many, further statements are sent unnamed: a connection must not collect them without bound.
  static let mostPrepared = 256

  func send(_ operation: PostgresOperation) {
    guard let raw else { return }
    let sent: Int32
    switch operation.kind {
    case .simple(let query), .control(let query):
      operation.stage = .executing
      sent = PQsendQuery(raw, query.sql)
    case .extended(let query): sent = sendExtended(query, operation, raw)
    }
    if sent == 0 { return sendFailed(operation) }
    flush()
  }

  private func sendExtended(_ query: EncodedQuery, _ operation: PostgresOperation, _ raw: OpaquePointer) -> Int32 {
    let count = Int32(query.types.count)
    let key = StatementKey(sql: query.sql, types: query.types)
    if configuration.statements == .prepared {
      if let name = prepared[key] {
        operation.stage = .executing
        return query.withValues { PQsendQueryPrepared(raw, name, count, $0, nil, nil, 0) }
      }
      if prepared.count < Self.mostPrepared {
        statementCount += 1
        let name = "s\(statementCount)"
        operation.stage = .preparing(name: name)
        return PQsendPrepare(raw, name, query.sql, count, query.types)
      }
    }
    operation.stage = .executing
    return query.withValues { PQsendQueryParams(raw, query.sql, count, query.types, $0, nil, nil, 0) }
  }

  private func sendFailed(_ operation: PostgresOperation) {
    guard let raw, PQstatus(raw) == CONNECTION_OK else { return lost() }
    let text = PQerrorMessage(raw).map { String(cString: $0) } ?? ""
    complete(operation, .failure(PostgresError(code: .unsupported, message: PostgresError.oneLine(text))))
  }

  /// Takes one PGresult of the operation's answer.
  func absorb(_ result: OpaquePointer, _ operation: PostgresOperation) {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      let rows = PostgresResult(storage: ResultStorage(owning: result))
      // Of several statements in one text the last that gives rows is the answer.
      if rows.storage.columnCount > 0 || operation.result?.storage.columnCount ?? 0 == 0 { operation.result = rows }
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      fail(PostgresError(code: .unsupported, message: "COPY is not supported; the connection was closed"))
    default:
      if operation.error == nil { operation.error = PostgresError(result: result) }
      PQclear(result)
    }
  }

  /// The server is ready for the next statement.
  func stageEnded(_ operation: PostgresOperation) {
    if case .preparing(let name) = operation.stage, operation.error == nil, case .extended(let query) = operation.kind {
      prepared[StatementKey(sql: query.sql, types: query.types)] = name
      operation.result = nil
      if operation.interruption == nil { return send(operation) }
      operation.error = operation.interruptionError(cause: nil)
    }
    if isStalePlan(operation), case .extended(let query) = operation.kind {
      prepared[StatementKey(sql: query.sql, types: query.types)] = nil
      if !operation.isRetried, operation.interruption == nil, !isInTransaction {
        operation.isRetried = true
        operation.error = nil
        return send(operation)
      }
    }
    operation.isAnswered = true
    if !isCancelInFlight { conclude(operation) }
  }

  /// Reports the answer, once no cancel request is under way.
  func conclude(_ operation: PostgresOperation) {
    if operation.interruption != nil, operation.error?.sqlState != "57014" {
      // The request found something else, or nothing yet.
      isDoubtful = true
    }
    if let error = operation.error {
      let wasInterrupted = operation.interruption != nil && error.sqlState == "57014"
      complete(operation, .failure(wasInterrupted ? operation.interruptionError(cause: error) : error))
    } else if let result = operation.result {
      complete(operation, .success(result))
    } else {
      complete(operation, .failure(PostgresError(code: .unsupported, message: "the server sent no result")))
    }
  }

  /// The table changed its form since the statement was prepared. That is not an error of the caller's.
  private func isStalePlan(_ operation: PostgresOperation) -> Bool {
    guard configuration.statements == .prepared, case .executing = operation.stage else { return false }
    return operation.error?.sqlState == "0A000"
      && operation.error?.message.hasSuffix("must not change result type") == true
  }
}

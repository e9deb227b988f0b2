/// A connection for as long as a scope lends it: of a pool, or opened for the scope alone. Statements of several tasks
/// run one after another. Used after its scope it throws `.connectionReleased`.
@Reactor
public final class PostgresConnection {
  /// Set back to nil when the scope ends.
  var session: PostgresSession?
  let configuration: PostgresConfiguration
  /// Opened for this object alone, not lent by a pool.
  private let isOwner: Bool

  init(session: PostgresSession, configuration: PostgresConfiguration, isOwner: Bool = false) {
    self.session = session
    self.configuration = configuration
    self.isOwner = isOwner
  }

  isolated deinit { if isOwner { session?.close() } }

  /// Opens a connection of its own for `body`, and closes it afterwards.
  ///
  /// - Throws: `PostgresError` with the server's words when it refuses; whatever `body` throws.
  @discardableResult
  public nonisolated(nonsending) static func with<R>(
    _ configuration: PostgresConfiguration, connectTimeout: Duration = .seconds(2),
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    let connection = try await connect(configuration, timeout: connectTimeout)
    do {
      let value = try await body(connection)
      await connection.close()
      return value
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Opens a connection that lives until `close`. Prefer `with`, which cannot forget it.
  public nonisolated(nonsending) static func connect(
    _ configuration: PostgresConfiguration, timeout: Duration = .seconds(2)
  ) async throws -> PostgresConnection {
    try await onReactor { call in
      let attempt = PostgresSession.connect(configuration, timeout: timeout) { result in
        call.finish(result.map { PostgresConnection(session: $0, configuration: configuration, isOwner: true) })
      }
      call.onCancel { attempt.cancel() }
      if call.isCancelled { attempt.cancel() }
    }
  }

  /// Closes a connection made by `connect`.
  public func close() {
    session?.close()
    session = nil
  }

  /// Runs a statement and gives its rows.
  ///
  /// - Parameter timeout: from now on; nil: the configuration's `statementTimeout`. When it passes, or the task is
  ///   cancelled, the statement is cancelled on the server.
  /// - Throws: `PostgresError`.
  @discardableResult
  public nonisolated(nonsending) func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws
    -> PostgresResult
  {
    let encoded = try EncodedQuery(query)
    let deadline = (timeout ?? configuration.statementTimeout).map { ContinuousClock.now.advanced(by: $0) }
    return try await onReactor { call in self.start(.extended(encoded), deadline: deadline, call) }
  }

  /// Runs one or more statements without binds in the simple protocol, the only one that a walsender
  /// (`replication=database`) understands. All statements of a text without BEGIN are one transaction.
  ///
  /// - Returns: the rows of the last statement that has columns, all values as text.
  @discardableResult
  public nonisolated(nonsending) func simpleQuery(_ sql: String, timeout: Duration? = nil) async throws
    -> PostgresTextResult
  {
    let encoded = try EncodedQuery(PostgresQuery(sql: sql))
    let deadline = (timeout ?? configuration.statementTimeout).map { ContinuousClock.now.advanced(by: $0) }
    let result: PostgresResult = try await onReactor { call in
      self.start(.simple(encoded), deadline: deadline, call)
    }
    return PostgresTextResult(result)
  }

  /// What the server reported of itself at login, for instance `server_version` or `TimeZone`.
  public func parameter(_ name: String) -> String? { session?.parameter(name) }

  func start(
    _ kind: PostgresOperation.Kind, deadline: ContinuousClock.Instant?, _ call: ReactorCall<PostgresResult>
  ) {
    guard let session else {
      return call.finish(
        .failure(PostgresError(code: .connectionReleased, message: "the connection was used after its scope")))
    }
    if call.isCancelled { return call.finish(.failure(PostgresOperation.cancelledError)) }
    let operation = PostgresOperation(kind: kind, deadline: deadline) { call.finish($0) }
    call.onCancel { session.interrupt(operation, .taskCancelled) }
    session.run(operation)
  }
}

/// Rows as text, with the columns' names.
public struct PostgresTextResult: Sendable, Hashable {
  /// Names of the columns.
  public var columns: [String]
  /// Values by row and column; nil is NULL.
  public var rows: [[String?]]
  /// What the server says it did.
  public var commandTag: String

  init(_ result: PostgresResult) {
    columns = result.columns.map(\.name)
    rows = result.map { row in (0..<row.columns.count).map { row.text(at: $0) } }
    commandTag = result.commandTag
  }
}

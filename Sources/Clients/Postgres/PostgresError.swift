/// What went wrong with Postgres: a code for programs, the SQLSTATE for people who know Postgres, the server's words.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
  /// Why it failed, comparable without knowing SQLSTATEs.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code as text, for logs and labels: `pool_timeout`.
    public let description: String

    /// The server could not be reached, or turned the connection away.
    public static let connectionRefused = Code(description: "connection_refused")
    /// All of the server's connection slots are taken (53300).
    public static let tooManyConnections = Code(description: "too_many_connections")
    /// Wrong user, password, or pg_hba.conf (class 28).
    public static let authenticationFailed = Code(description: "authentication_failed")
    /// Connecting took longer than the connect time-out.
    public static let connectTimedOut = Code(description: "connect_timed_out")
    /// An established connection was lost, or the server ended the session. A statement in progress may have worked.
    public static let connectionClosed = Code(description: "connection_closed")
    /// A connection was used after the scope that lent it.
    public static let connectionReleased = Code(description: "connection_released")
    /// Every connection of the pool was in use for the whole acquire time-out.
    public static let poolTimeout = Code(description: "pool_timeout")
    /// The pool is shutting down.
    public static let poolClosed = Code(description: "pool_closed")
    /// Our deadline passed; the statement was cancelled on the server.
    public static let queryTimedOut = Code(description: "query_timed_out")
    /// The task was cancelled; the statement was cancelled on the server.
    public static let cancelled = Code(description: "cancelled")
    /// The server's own `statement_timeout`, or another session's cancel request (57014).
    public static let statementTimedOut = Code(description: "statement_timed_out")
    /// COMMIT was answered with ROLLBACK, because a statement before it had failed.
    public static let transactionRolledBack = Code(description: "transaction_rolled_back")
    /// No answer to COMMIT: it may or may not have happened.
    public static let commitUnknown = Code(description: "commit_unknown")
    /// 23505
    public static let uniqueViolation = Code(description: "unique_violation")
    /// 23503
    public static let foreignKeyViolation = Code(description: "foreign_key_violation")
    /// 23514
    public static let checkViolation = Code(description: "check_violation")
    /// 23502
    public static let notNullViolation = Code(description: "not_null_violation")
    /// 40001
    public static let serializationFailure = Code(description: "serialization_failure")
    /// 40P01
    public static let deadlockDetected = Code(description: "deadlock_detected")
    /// 55P03
    public static let lockNotAvailable = Code(description: "lock_not_available")
    /// 42601
    public static let syntaxError = Code(description: "syntax_error")
    /// 42P01
    public static let undefinedTable = Code(description: "undefined_table")
    /// 42703
    public static let undefinedColumn = Code(description: "undefined_column")
    /// 42501
    public static let insufficientPrivilege = Code(description: "insufficient_privilege")
    /// 53100
    public static let diskFull = Code(description: "disk_full")
    /// 25006
    public static let readOnlyTransaction = Code(description: "read_only_transaction")
    /// Any other error of the server; see `sqlState`.
    public static let server = Code(description: "server_error")
    /// A column cannot be decoded as the type asked for.
    public static let typeMismatch = Code(description: "type_mismatch")
    /// A column holds NULL where a value was asked for.
    public static let unexpectedNull = Code(description: "unexpected_null")
    /// A result has no such column or row.
    public static let notFound = Code(description: "not_found")
    /// What Postgres cannot hold: a NUL byte in text, a statement of 1 GiB with its values, too many binds.
    public static let invalidValue = Code(description: "invalid_value")
    /// The statement does what this client does not support (COPY), or the settings make no sense.
    public static let unsupported = Code(description: "unsupported")
  }

  /// Why it failed.
  public var code: Code
  /// The server's five-character code, nil when the error is not the server's.
  public var sqlState: String?
  /// One line. From the server in the form `FATAL:  sorry, too many clients already`.
  public var message: String
  /// The server's DETAIL line. It may quote data: log it, never send it to a user.
  public var detail: String?
  /// The server's HINT line.
  public var hint: String?
  /// The constraint that was violated.
  public var constraint: String?
  /// What led to this error, for instance why no connection could be opened while waiting for one.
  public var cause: (any Error)?

  /// Makes an error.
  public init(
    code: Code, sqlState: String? = nil, message: String, detail: String? = nil, hint: String? = nil,
    constraint: String? = nil, cause: (any Error)? = nil
  ) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.constraint = constraint
    self.cause = cause
  }

  /// Code, SQLSTATE and message on one line; no data.
  public var description: String { sqlState.map { "\(code) [\($0)]: \(message)" } ?? "\(code): \(message)" }

  /// The transaction may succeed when it is tried again from its beginning (deadlock or serialization failure).
  public var isTransient: Bool { code == .deadlockDetected || code == .serializationFailure }

  /// Whether the database cannot be used at the moment: refused, unreachable, or lost.
  public var isUnavailable: Bool {
    switch code {
    case .connectionRefused, .tooManyConnections, .authenticationFailed, .connectTimedOut, .connectionClosed: true
    default: false
    }
  }
}

extension PostgresError.Code {
  /// The code for an SQLSTATE that the server reported on an established connection.
  static func forServer(sqlState: String) -> Self {
    switch sqlState {
    case "23505": .uniqueViolation
    case "23503": .foreignKeyViolation
    case "23514": .checkViolation
    case "23502": .notNullViolation
    case "40001": .serializationFailure
    case "40P01": .deadlockDetected
    case "55P03": .lockNotAvailable
    case "42601": .syntaxError
    case "42P01": .undefinedTable
    case "42703": .undefinedColumn
    case "42501": .insufficientPrivilege
    case "53100": .diskFull
    case "53300": .tooManyConnections
    case "25006": .readOnlyTransaction
    case "57014": .statementTimedOut
    case "57P01", "57P02", "57P03", "57P05", "25P03", "08000", "08003", "08006": .connectionClosed
    default: .server
    }
  }

  /// The code for an SQLSTATE that the server answered a new connection with.
  static func forConnect(sqlState: String?) -> Self {
    switch sqlState {
    case "53300": .tooManyConnections
    case let state? where state.hasPrefix("28"): .authenticationFailed
    default: .connectionRefused
    }
  }
}

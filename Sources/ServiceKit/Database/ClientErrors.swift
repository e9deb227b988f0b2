public import Clients
import FleetAPI
public import Logging

extension PostgresError: PublicError, LoggedError {
  /// What the caller gets. The server's words go to the log alone.
  public var serviceError: ServiceError {
    switch code {
    case .poolTimeout, .poolClosed:
      ServiceError(
        503, .databaseBusy, "Every database connection of this instance is in use; ask again.", retryAfter: 1,
        cause: self)
    case _ where isUnavailable:
      ServiceError(500, .databaseUnavailable, "This instance can't connect to its database.", cause: self)
    case .queryTimedOut, .statementTimedOut, .lockNotAvailable:
      ServiceError(504, .databaseTimeout, "The database didn't answer in time.", retryAfter: 1, cause: self)
    case .cancelled:
      ServiceError(503, .notReady, "This instance is shutting down; ask again.", retryAfter: 1, cause: self)
    case .invalidValue:
      ServiceError(422, .invalid, "A text holds characters that can't be stored.", cause: self)
    default:
      ServiceError(500, .databaseError, "The database couldn't do what was asked.", cause: self)
    }
  }

  /// The parts of the error that don't stand in its description.
  public var logMetadata: Logger.Metadata {
    var metadata: Logger.Metadata = [:]
    if let sqlState { metadata["sqlstate"] = "\(sqlState)" }
    if let detail { metadata["detail"] = "\(detail)" }
    if let hint { metadata["hint"] = "\(hint)" }
    if let constraint { metadata["constraint"] = "\(constraint)" }
    if let cause { metadata["cause"] = "\(cause)" }
    return metadata
  }
}

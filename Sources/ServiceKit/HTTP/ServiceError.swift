public import FleetAPI

/// A refusal or a failure as the caller shall see it.
///
/// `message` is public and says what would be right; `cause` is for the log alone.
public struct ServiceError: Error {
  /// The HTTP status, 400 to 599.
  public var status: Int
  /// The word for programs.
  public var code: ErrorCode
  /// The sentence for people.
  public var message: String
  /// After how many seconds asking again makes sense (the header `Retry-After`).
  public var retryAfter: Int?
  /// What happened inside.
  public var cause: (any Error)?

  /// An error with all its parts.
  public init(
    _ status: Int, _ code: ErrorCode, _ message: String, retryAfter: Int? = nil, cause: (any Error)? = nil
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
    self.cause = cause
  }

  /// The body or a parameter says something that isn't allowed (422).
  public static func invalid(_ message: String) -> ServiceError { ServiceError(422, .invalid, message) }

  /// There is no such thing (404).
  public static func notFound(_ message: String) -> ServiceError { ServiceError(404, .notFound, message) }

  /// There is no product with that sku (404).
  public static func unknownProduct(_ sku: String) -> ServiceError {
    ServiceError(404, .unknownProduct, "There is no product \(sku.prefix(64)); GET /products lists them.")
  }
}

/// An error that knows how callers shall see it.
public protocol PublicError: Error {
  /// What the caller gets, with this error as its cause.
  var serviceError: ServiceError { get }
}

/// What every service answers when it can't do what it was asked: `{"error":{"code":...,"message":...}}`.
public struct ErrorReply: Codable, Sendable, Equatable {
  /// The error itself.
  public struct Detail: Codable, Sendable, Equatable {
    /// A stable word for programs.
    public var code: ErrorCode
    /// A sentence for people: what is wrong and what would be right. It never holds anything internal.
    public var message: String

    /// An error of the given code, told in `message`.
    public init(code: ErrorCode, message: String) {
      self.code = code
      self.message = message
    }
  }

  /// The error.
  public var error: Detail

  /// An error reply.
  public init(_ code: ErrorCode, _ message: String) {
    error = Detail(code: code, message: message)
  }
}

/// A stable word that programs can rely on. Codes are only ever added.
public struct ErrorCode: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
  /// The word as it stands in replies.
  public let rawValue: String

  /// A code that may be one of another version of the shop.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// Reads a code from JSON; every text is one.
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  /// Writes the word itself.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  /// The word itself.
  public var description: String { rawValue }
}

extension ErrorCode {
  /// The request isn't HTTP as it should be (400).
  public static let badRequest = ErrorCode(rawValue: "bad_request")
  /// The body isn't JSON (400).
  public static let badJSON = ErrorCode(rawValue: "bad_json")
  /// A header that is needed is missing or wrong (400).
  public static let badHeader = ErrorCode(rawValue: "bad_header")
  /// No valid session, or no valid token (401).
  public static let unauthorized = ErrorCode(rawValue: "unauthorized")
  /// The provider declined the charge (402).
  public static let paymentDeclined = ErrorCode(rawValue: "payment_declined")
  /// No such route, or nothing with that id (404).
  public static let notFound = ErrorCode(rawValue: "not_found")
  /// No product has that sku (404).
  public static let unknownProduct = ErrorCode(rawValue: "unknown_product")
  /// Not enough on hand for a cart (409).
  public static let outOfStock = ErrorCode(rawValue: "out_of_stock")
  /// The key was used before, with another body or by another session (409).
  public static let idempotencyConflict = ErrorCode(rawValue: "idempotency_conflict")
  /// The first request with this key isn't finished yet: ask again (409).
  public static let inProgress = ErrorCode(rawValue: "in_progress")
  /// What is asked doesn't fit the state that the thing is in (409).
  public static let wrongState = ErrorCode(rawValue: "wrong_state")
  /// The body is larger than the limit (413).
  public static let bodyTooLarge = ErrorCode(rawValue: "body_too_large")
  /// The JSON is valid but what it says isn't (422).
  public static let invalid = ErrorCode(rawValue: "invalid")
  /// More requests than this session may make (429).
  public static let rateLimited = ErrorCode(rawValue: "rate_limited")
  /// A fault of the service itself; the log says more (500).
  public static let internalError = ErrorCode(rawValue: "internal_error")
  /// No connection to the database could be made (500).
  public static let databaseUnavailable = ErrorCode(rawValue: "database_unavailable")
  /// The database refused or broke off a statement (500).
  public static let databaseError = ErrorCode(rawValue: "database_error")
  /// Every database connection is in use (503).
  public static let databaseBusy = ErrorCode(rawValue: "database_busy")
  /// The database didn't answer in time (504).
  public static let databaseTimeout = ErrorCode(rawValue: "database_timeout")
  /// No replica has what the request must see yet (503).
  public static let notReplayed = ErrorCode(rawValue: "not_replayed")
  /// A replica is too far behind to be read from; only in the answer of `/readyz`.
  public static let staleReplica = ErrorCode(rawValue: "stale_replica")
  /// The session store can't be reached (503).
  public static let sessionsUnavailable = ErrorCode(rawValue: "sessions_unavailable")
  /// A critical dependency isn't ready (503).
  public static let notReady = ErrorCode(rawValue: "not_ready")
  /// Another service can't be reached or broke off (502).
  public static let upstreamUnreachable = ErrorCode(rawValue: "upstream_unreachable")
  /// Another service didn't answer in time (504).
  public static let upstreamTimeout = ErrorCode(rawValue: "upstream_timeout")
  /// The payment company failed (502).
  public static let providerError = ErrorCode(rawValue: "provider_error")
}

public import FleetAPI
public import Hummingbird
public import Logging
public import NIOCore

/// Another service didn't answer: whether it did what it was asked is unknown.
public struct UpstreamError: PublicError, LoggedError, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: String, Sendable {
    /// No instance is known, or none could be connected to, or the connection broke.
    case unreachable
    /// No answer in time.
    case late
    /// It wasn't asked: it has failed too much of late.
    case circuitOpen = "circuit_open"
    /// It wasn't asked: too many calls of it are under way.
    case bulkheadFull = "bulkhead_full"
    /// It wasn't asked: our own caller's time is over.
    case deadlineExceeded = "deadline_exceeded"
  }

  /// The service that was asked.
  public var service: String
  /// The instance that was asked, if any was known.
  public var endpoint: Endpoint?
  /// What went wrong.
  public var kind: Kind
  /// The words of the layer below, for the log.
  public var detail: String
  /// After how many seconds asking again makes sense, if that is known.
  public var retryAfter: Int?

  /// What the caller gets: 502, 503 or 504.
  public var serviceError: ServiceError {
    switch kind {
    case .unreachable:
      ServiceError(502, .upstreamUnreachable, "The \(service) service can't be reached.", retryAfter: 1, cause: self)
    case .late:
      ServiceError(504, .upstreamTimeout, "The \(service) service didn't answer in time.", cause: self)
    case .circuitOpen:
      ServiceError(
        503, .upstreamUnavailable, "The \(service) service fails at the moment; ask again later.",
        retryAfter: retryAfter ?? 1, cause: self)
    case .bulkheadFull:
      ServiceError(
        503, .overloaded, "The \(service) service is being asked too much; ask again later.", retryAfter: 1, cause: self
      )
    case .deadlineExceeded:
      ServiceError(504, .deadlineExceeded, "The time that the caller gave for this request is over.", cause: self)
    }
  }

  /// For the log.
  public var description: String { "\(service) is \(kind.rawValue): \(detail)" }

  /// For the log.
  public var logMetadata: Logger.Metadata {
    ["upstream": "\(service)", "endpoint": "\(endpoint?.description ?? "none")"]
  }
}

/// The answer of another service, whatever its status.
public struct UpstreamReply: Sendable {
  /// The HTTP status.
  public var status: Int
  /// The body.
  public var body: ByteBuffer
  /// Its media type.
  public var contentType: String?
  /// When asking again makes sense, as the service said it.
  public var retryAfter: String?
  /// The instance that answered.
  public var instance: String?
  /// What the user is to come back with to see what was written.
  public var readAfter: String?

  /// Whether it did what it was asked.
  public var isOK: Bool { (200..<300).contains(status) }

  /// The error in it, if its body is one.
  public var error: ErrorReply.Detail? {
    isOK ? nil : (try? JSONBody.decode(ErrorReply.self, from: body))?.error
  }

  /// The error in this answer, for our own caller: status, code and message stay.
  public func refusal(by service: String) -> ServiceError {
    let cause = UpstreamRefusal(service: service, instance: instance, status: status, code: error?.code)
    guard status >= 400, let error else {
      return ServiceError(502, .upstreamUnreachable, "The \(service) service can't be used.", cause: cause)
    }
    return ServiceError(status, error.code, error.message, retryAfter: retryAfter.flatMap { Int($0) }, cause: cause)
  }

  /// The same answer for our own caller. An error that isn't JSON is replaced by one that is.
  public func passedOn() -> Response {
    var headers = HTTPFields()
    if let retryAfter { headers[.retryAfter] = retryAfter }
    if let instance { headers[.xUpstreamInstance] = instance }
    if let readAfter { ReadAfterFields.add(readAfter, to: &headers) }
    if !isOK && error == nil {
      let reply = ErrorReply(.upstreamUnreachable, "Another service answered with status \(status).")
      return JSONBody.response(reply, status: .init(code: status >= 400 ? status : 502), headers: headers)
    }
    return JSONBody.response(bytes: body, status: .init(code: status), headers: headers)
  }
}

/// Another service answered with an error, for the log.
struct UpstreamRefusal: LoggedError, CustomStringConvertible {
  var service: String
  var instance: String?
  var status: Int
  var code: ErrorCode?

  var description: String { "\(service) answered \(status)\(code.map { " \($0)" } ?? "")" }

  var logMetadata: Logger.Metadata {
    ["upstream": "\(service)", "upstream_instance": "\(instance ?? "unknown")"]
  }
}

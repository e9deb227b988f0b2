import FleetAPI
public import Hummingbird
import Logging
import NIOCore

/// Turns whatever a handler throws into a JSON error. Nothing internal reaches the caller.
public enum ErrorMapping {
  /// The error that the caller sees for `error`.
  public static func serviceError(for error: any Error) -> ServiceError {
    switch error {
    case let error as ServiceError: error
    case let error as any PublicError: error.serviceError
    case is NIOTooManyBytesError:
      ServiceError(413, .bodyTooLarge, "The body may hold at most \(Limits.bodyBytes) bytes.")
    case let error as any HTTPResponseError: httpError(error.status, (error as? HTTPError)?.body)
    case let error as DecodingError: JSONBody.serviceError(for: error)
    case is CancellationError:
      ServiceError(503, .notReady, "This instance is shutting down; ask again.", retryAfter: 1, cause: error)
    default:
      ServiceError(500, .internalError, "Something went wrong here; the log of this instance says more.", cause: error)
    }
  }

  private static func httpError(_ status: HTTPResponse.Status, _ message: String?) -> ServiceError {
    switch status.code {
    case 404: ServiceError(404, .notFound, message ?? "There is no such route.")
    case 413: ServiceError(413, .bodyTooLarge, "The body may hold at most \(Limits.bodyBytes) bytes.")
    case 400..<500: ServiceError(status.code, .badRequest, message ?? status.reasonPhrase)
    default: ServiceError(500, .internalError, "Something went wrong here; the log of this instance says more.")
    }
  }

  /// The response for an error.
  public static func response(for error: ServiceError) -> Response {
    var response = JSONBody.response(ErrorReply(error.code, error.message), status: .init(code: error.status))
    if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
    // What is still to come of that request would be taken for the next one (RFC 9110, section 15.5.9).
    if error.status == 408 { response.headers[.connection] = "close" }
    return response
  }
}

import FleetAPI
import HTTPTypes
public import Hummingbird

/// The session that a request belongs to: the header `X-Session` between services, the cookie `session` from browsers.
public enum SessionID {
  /// The request's session, if it names one that could be valid.
  public static func find(in request: Request) -> String? {
    let named = request.headers[.xSession] ?? request.cookies["session"]?.value
    return named.flatMap { isAllowed($0) ? $0 : nil }
  }

  /// The request's session.
  /// - Throws: `ServiceError` 401 when it names none.
  public static func required(in request: Request) throws -> String {
    guard let id = find(in: request) else { throw refusal }
    return id
  }

  /// What a request without valid session gets.
  public static var refusal: ServiceError {
    ServiceError(401, .unauthorized, "Begin a session with POST /sessions and send its cookie.")
  }

  private static func isAllowed(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }
}

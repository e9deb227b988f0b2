import FleetAPI
import Glibc
public import HTTPTypes
public import Hummingbird

/// Takes what a request must see from its token, and gives its writes' token with the reply.
struct ReadAfterMiddleware: RouterMiddleware {
  typealias Context = FleetRequestContext

  let service: String
  let pinFor: Duration

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let texts = ReadAfterFields.tokens(in: request).map { [$0] } ?? []
    let session = ReadSession(
      ReadDemand(texts, service: service, now: WallClock.milliseconds, longest: pinFor))
    return try await ReadSession.$current.withValue(session) {
      var response = try await next(request, context)
      if let token = session.written { ReadAfterFields.add(token.text(service: service), to: &response.headers) }
      return response
    }
  }
}

/// The header `X-Read-After` and the cookie `read_after`: see `ReadAfter`.
public enum ReadAfterFields {
  /// The tokens that a request carries, with commas between; nil when it carries none. They are as users sent them, but
  /// safe to be passed on in a header.
  public static func tokens(in request: Request) -> String? {
    var found: [String] = []
    for text in [request.headers[.xReadAfter], request.cookies[ReadAfter.cookie]?.value] {
      if let text, isAllowed(text), !found.contains(text) { found.append(text) }
    }
    return found.isEmpty ? nil : found.joined(separator: ",")
  }

  /// Gives a token to the user, as a header and as a cookie.
  public static func add(_ token: String, to headers: inout HTTPFields) {
    guard isAllowed(token) else { return }
    headers[.xReadAfter] = token
    let cookie = Cookie(name: ReadAfter.cookie, value: token, path: "/", httpOnly: true, sameSite: .lax)
    headers.append(HTTPField(name: .setCookie, value: cookie.description))
  }

  private static func isAllowed(_ text: String) -> Bool {
    (1...ReadAfter.longest).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2C, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}

extension HTTPField.Name {
  /// What the request must see, or what the reply's writes are: see `ReadAfter`.
  public static let xReadAfter = HTTPField.Name(ReadAfter.header) ?? .server
}

/// The time of day, which instances agree on more or less.
enum WallClock {
  /// Milliseconds since 1970.
  static var milliseconds: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

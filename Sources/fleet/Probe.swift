import Glibc
import ServiceKit

/// Asks a server whether it is there, with a bare socket: a health check may cost next to nothing.
///
/// - `http://host:port/path`: the answer's status is 2xx.
/// - `postgres://host:port`: it talks the protocol and isn't starting up or shutting down; being full counts as being
///   there.
/// - `redis://host:port`: it answers PING, if only by asking for a password; one that is still loading isn't there.
/// - `tcp://host:port`: it accepts the connection.
enum Probe {
  private static let patience: Int32 = 1800  // ms for everything after name resolution

  /// - Returns: the exit code: 0 when it is there, 1 when it isn't, 64 when the URL isn't one.
  static func run(_ text: String) -> Int32 {
    guard let url = ProbeURL(text) else {
      JSONLogHandler.standardError(
        "fleet probe: \(text) isn't a URL with http, postgres, redis or tcp and a port\n")
      return 64
    }
    signal(SIGPIPE, SIG_IGN)
    // Name resolution has no time-out of its own; the alarm ends the process whatever happens.
    alarm(2)
    signal(SIGALRM) { _ in _exit(1) }
    guard let socket = ProbeSocket(host: url.host, port: url.port, patience: patience) else { return 1 }
    let isThere =
      switch url.scheme {
      case .tcp: true
      case .http: http(socket, url)
      case .redis: redis(socket)
      case .postgres: postgres(socket)
      }
    return isThere ? 0 : 1
  }

  private static func http(_ socket: ProbeSocket, _ url: ProbeURL) -> Bool {
    let request = "GET \(url.path) HTTP/1.1\r\nHost: \(url.host):\(url.port)\r\nConnection: close\r\n\r\n"
    guard socket.send(Array(request.utf8)) else { return false }
    let head = socket.receive(atLeast: 12)
    return head.starts(with: Array("HTTP/1.".utf8)) && head.count >= 12 && head[9] == UInt8(ascii: "2")
  }

  private static func redis(_ socket: ProbeSocket) -> Bool {
    guard socket.send(Array("PING\r\n".utf8)) else { return false }
    let answer = String(decoding: socket.receive(atLeast: 7), as: UTF8.self)
    return answer.hasPrefix("+PONG") || answer.hasPrefix("-NOAUTH")
  }

  /// Begins a session as `postgres` and leaves when the server asks for a password: the answer's kind tells enough, and
  /// that way nothing is logged. Error 57P03 is "starting up" or "shutting down" (PostgreSQL manual, appendix A).
  private static func postgres(_ socket: ProbeSocket) -> Bool {
    var body: [UInt8] = [0, 3, 0, 0]
    for word in ["user", "postgres", "database", "postgres"] { body += Array(word.utf8) + [0] }
    body.append(0)
    let length = UInt32(body.count + 4)
    let packet = [UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + body
    guard socket.send(packet) else { return false }
    var answer = socket.receive(atLeast: 5)
    guard answer.count >= 5 else { return false }
    if answer[0] == UInt8(ascii: "R") { return true }
    guard answer[0] == UInt8(ascii: "E") else { return false }
    let expected = answer[1..<5].reduce(0) { $0 << 8 | Int($1) } + 1
    if answer.count < expected { answer += socket.receive(atLeast: min(expected, 8192) - answer.count) }
    let fields = answer.dropFirst(5).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return !fields.contains("C57P03")
  }
}

/// What a probe is pointed at.
struct ProbeURL {
  enum Scheme: String { case http, postgres, redis, tcp }

  var scheme: Scheme
  var host: String
  var port: Int
  var path: String

  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: String(text[..<colon])),
      text[colon...].hasPrefix("://")
    else { return nil }
    let rest = text[colon...].dropFirst(3)
    let authority = rest.prefix { $0 != "/" }
    guard let endpoint = Endpoint(authority) else { return nil }
    self.scheme = scheme
    host = endpoint.host
    port = endpoint.port
    path = rest.dropFirst(authority.count).isEmpty ? "/" : String(rest.dropFirst(authority.count))
  }
}

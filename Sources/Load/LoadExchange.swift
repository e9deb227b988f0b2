import NIOCore
import NIOHTTP1

/// One request and what becomes of it. Once it is under way, it belongs to an event loop.
final class LoadExchange {
  let head: HTTPRequestHead
  let body: ByteBuffer?
  /// `address:port`, as the URL has it: the place that it goes to.
  let authority: String
  let address: SocketAddress
  /// Ends it when nobody waits any longer.
  var timer: Scheduled<Void>?
  /// What carries it now.
  var carrier: LoadConnection?
  private var answer: Answer?
  private var completion: ((Answer) -> Void)?

  /// Nil for a URL that is not `http://address[:port]/path`. Nodes are known by their addresses: no name is looked up.
  init?(_ call: Call) {
    let scheme = "http://"
    guard call.url.hasPrefix(scheme) else { return nil }
    let rest = call.url.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let host = parts.first, let port = parts.count == 2 ? Int(parts[1]) : 80,
      (1...65_535).contains(port), let address = try? SocketAddress(ipAddress: String(host), port: port)
    else { return nil }
    self.address = address
    self.authority = String(authority)
    let path = rest.dropFirst(authority.count)
    body = call.body.map { ByteBuffer(string: $0) }
    head = HTTPRequestHead(
      version: .http1_1, method: HTTPMethod(rawValue: call.method), uri: path.isEmpty ? "/" : String(path),
      headers: Self.headers(of: call, to: self.authority, bytes: body?.readableBytes))
  }

  private static func headers(of call: Call, to authority: String, bytes: Int?) -> HTTPHeaders {
    var headers = HTTPHeaders()
    headers.reserveCapacity(call.headers.count + 3)
    headers.add(name: "Host", value: authority)
    headers.add(contentsOf: call.headers)
    if let bytes {
      headers.replaceOrAdd(name: "Content-Type", value: "application/json")
      headers.add(name: "Content-Length", value: String(bytes))
    } else if call.method != "GET" {
      headers.add(name: "Content-Length", value: "0")
    }
    return headers
  }

  /// Whether it is known what became of it.
  var isOver: Bool { answer != nil }

  /// Calls `completion` with what becomes of it: at once, where that is known.
  func whenOver(_ completion: @escaping (Answer) -> Void) {
    if let answer { completion(answer) } else { self.completion = completion }
  }

  /// Says what became of it, unless that was said already. One that is cut off takes its connection with it.
  func end(_ answer: Answer) {
    guard self.answer == nil else { return }
    self.answer = answer
    timer?.cancel()
    timer = nil
    completion?(answer)
    completion = nil
    if case .cut = answer { carrier?.close() }
    carrier = nil
  }
}

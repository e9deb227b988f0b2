import CPlatform
import Foundation
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// The proxy as a program of its own, with its real HTTP API. Its links listen on ports 7000 and up.
struct ProxyProgram: Sendable {
  private static let token = "open sesame"

  let host: String
  /// The names of its links, in the order of their ports.
  let links: [String]
  private let api: UpstreamClient

  /// Lends one to `body`.
  static func with<Value: Sendable>(
    _ targets: [(name: String, target: Endpoint)], _ body: (ProxyProgram) async throws -> Value
  ) async throws -> Value {
    let links = targets.enumerated().map { "\($1.name)=\(7000 + $0):\($1.target)" }.joined(separator: ",")
    // Who is dialled in vain stays so for the whole test.
    let settings = ["PROXY_LINKS": links, "PROXY_CONNECT_TIMEOUT": "600000"]
    return try await withFleet("proxy", settings, files: ["PROXY_TOKEN_FILE": token]) { fleet in
      let upstreams = Upstreams(
        .list([Endpoint(host: fleet.address, port: fleet.port)]), logger: Logger(label: "test"))
      let api = UpstreamClient(
        service: "proxy", upstreams: upstreams, policy: OutboundPolicy(timeout: .seconds(5)), client: OutboundClient())
      return try await body(ProxyProgram(host: fleet.address, links: targets.map(\.name), api: api))
    }
  }

  /// A connection through a link.
  func client(_ link: String) throws -> Client { try Client(host, port(of: link)) }

  func port(of link: String) -> Int { 7000 + (links.firstIndex(of: link) ?? 0) }

  /// Asks the API; what it doesn't answer within 5 s throws.
  func ask(
    _ method: HTTPMethod, _ path: String, _ json: String? = nil, expecting status: Int = 200
  ) async throws -> UpstreamReply {
    let reply = try await api.send(
      method, path, headers: [.authorization: "Bearer \(Self.token)"], json: json.map { ByteBuffer(string: $0) })
    #expect(reply.status == status, "\(method) \(path): \(String(buffer: reply.body))")
    return reply
  }

  func connections() async throws -> ConnectionsReply {
    try JSONBody.decode(ConnectionsReply.self, from: try await ask(.GET, "/v1/connections").body)
  }

  func toxics() async throws -> [ToxicReply] {
    try JSONBody.decode(ToxicsReply.self, from: try await ask(.GET, "/v1/toxics").body).toxics
  }

  /// Its memory in RAM, in bytes, by its own account.
  func memory() async throws -> Int {
    let text = String(buffer: try await ask(.GET, "/metrics").body)
    let line = text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") }
    return Int(try #require(line.flatMap { Double($0.split(separator: " ").last ?? "") }))
  }
}

/// A listener that nobody accepts from: connections stay in the system's queue, and once that is full nobody is
/// answered any more.
final class Unattended: Sendable {
  let endpoint: Endpoint
  private let listener: Int32

  init(_ host: String, backlog: Int32) throws {
    var address = cplatform_address()
    try #require(cplatform_numeric_address(host, 0, &address) == 1)
    listener = cplatform_tcp_bind(&address)
    guard listener >= 0, listen(listener, backlog) == 0 else { throw SocketFailure(call: "listen", code: errno) }
    endpoint = Endpoint(host: host, port: Int(cplatform_tcp_port(listener)))
  }

  deinit { close(listener) }

  /// Connects until nobody answers.
  /// - Returns: what keeps it so.
  func fill() throws -> [Int32] {
    var address = cplatform_address()
    try #require(cplatform_numeric_address(endpoint.host, UInt16(endpoint.port), &address) == 1)
    var held: [Int32] = []
    while held.count < 16 {
      let descriptor = cplatform_tcp_connect(&address)
      try #require(descriptor >= 0)
      held.append(descriptor)
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&entry, 1, 300) == 0 { return held }
    }
    throw SocketFailure(call: "a listener that isn't full with 16 of \(endpoint)", code: ETIMEDOUT)
  }
}

import FleetAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// A proxy with one link, `echo`, and what tests do with it.
struct ProxyUnderTest: Sendable {
  static let token = "open sesame"

  let host: String
  let port: Int
  let engine: ProxyEngine

  func client() throws -> Client { try Client(host, port) }

  /// The errno that a new connection ends with; nil when it lives or ends in good order. A reset may already show while
  /// connecting.
  func fate() async throws -> Int32? {
    do {
      let client = try self.client()
      return try await aside { client.readError(within: 2000) }
    } catch let failure as SocketFailure {
      return failure.code
    }
  }

  /// Begins a toxic on the link.
  @discardableResult
  func add(
    _ kind: ToxicKind, id: String = "t", to directions: Set<Direction> = [.downstream], probability: Double = 1,
    seed: UInt64 = 0, lease: Int = 60
  ) async throws -> ProxyLoop.Beginning {
    let toxic = Toxic(
      id: id, link: "echo", kind: kind, directions: directions, probability: probability, seed: seed,
      leaseSeconds: lease)
    let beginning = try await engine.ask { $0.begin(toxic) }
    #expect(beginning == .begun)
    return beginning
  }

  func clear() async throws { _ = try await engine.ask { $0.endToxics { _ in true } } }

  func toxicCount() async throws -> Int { try await engine.ask { $0.toxics.count } }

  func open() async throws -> Int { try await engine.ask { $0.openCount } }

  func held() async throws -> Int { try await engine.ask { $0.heldBytes } }
}

/// Lends a proxy in front of `target` to `body`.
func withProxy<Value: Sendable>(
  to target: Endpoint, limits: ProxyLimits = ProxyLimits(), _ body: (ProxyUnderTest) async throws -> Value
) async throws -> Value {
  let host = Addresses.next()
  let engine = ProxyEngine(links: [LinkSpec(name: "echo", port: 0, target: target)], host: host, limits: limits)
  try await engine.start()
  do {
    let port = try await engine.ask { $0.links[0].port }
    let value = try await body(ProxyUnderTest(host: host, port: port, engine: engine))
    await engine.stop()
    return value
  } catch {
    await engine.stop()
    throw error
  }
}

/// Lends a proxy in front of a server of that manner to `body`.
func withProxy<Value: Sendable>(
  _ manner: Server.Manner = .echo, limits: ProxyLimits = ProxyLimits(),
  _ body: (ProxyUnderTest, Server) async throws -> Value
) async throws -> Value {
  let host = Addresses.next()
  let server = try Server(host, manner)
  return try await withProxy(to: Endpoint(host: host, port: server.port), limits: limits) { proxy in
    try await body(proxy, server)
  }
}

/// How long `body` took, in ms.
func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
  let begin = ContinuousClock.now
  try await body()
  let (seconds, attoseconds) = (ContinuousClock.now - begin).components
  return Double(seconds) * 1e3 + Double(attoseconds) / 1e15
}

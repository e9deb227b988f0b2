import Foundation
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// A proxy that does nothing but pass bytes on.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PassingTests {
  @Test func bytesGoBothWaysUnchanged() async throws {
    try await withProxy { proxy, _ in
      let bytes = Pattern.bytes(4 << 20)
      let client = try proxy.client()
      let received = try await bothWays(client, bytes)
      #expect(received == bytes)
    }
  }

  @Test func aHalfClosedConnectionStillAnswers() async throws {
    try await withProxy(.count) { proxy, _ in
      let client = try proxy.client()
      let answer = try await aside {
        try client.send([UInt8](repeating: 7, count: 300_000))
        client.finishWriting()
        return try client.receiveAll()
      }
      #expect(String(decoding: answer, as: UTF8.self) == "300000")
      try await eventually("the connection's end") { try await proxy.open() == 0 }
    }
  }

  @Test func whatIsSentBeforeTheEndArrives() async throws {
    try await withProxy(.pattern(2 << 20)) { proxy, _ in
      let client = try proxy.client()
      #expect(try await aside { try client.receiveAll() } == Pattern.bytes(2 << 20))
    }
  }

  @Test func aResetIsPassedOn() async throws {
    try await withProxy(.echo) { proxy, server in
      var client: Client? = try proxy.client()
      #expect(try client?.echo() == true)
      client?.resetAtEnd()
      client = nil
      try await eventually("the connection's end") { try await proxy.open() == 0 }
      #expect(server.connections == 1)
    }
  }

  @Test func aTargetThatIsAwayGivesAReset() async throws {
    let host = Addresses.next()
    let port: Int
    do {
      let server = try Server(host)
      port = server.port
    }
    try await withProxy(to: Endpoint(host: host, port: port)) { proxy in
      let fate = try await proxy.fate()
      #expect(fate == ECONNRESET)
      #expect(try await proxy.engine.ask { $0.links[0].failedDials } == 1)
      #expect(try await proxy.open() == 0)
    }
  }

  @Test func namesAreLookedUpWithoutHoldingUpOthers() async throws {
    try await withProxy(to: Endpoint(host: "no-such-host.invalid", port: 1)) { proxy in
      for _ in 0..<20 {
        let fate = try await proxy.fate()
        #expect(fate == ECONNRESET)
      }
      #expect(try await proxy.engine.ask { $0.links[0].failedDials } == 20)
    }
    let server = try Server("127.0.0.1")
    try await withProxy(to: Endpoint(host: "localhost", port: server.port)) { proxy in
      for _ in 0..<3 {
        let client = try proxy.client()
        #expect(try await aside { try client.echo() })
      }
    }
  }

  @Test func garbageAndImpatienceAreSurvived() async throws {
    try await withProxy { proxy, _ in
      for number in 0..<200 {
        let client = try proxy.client()
        if number % 3 == 0 { try client.send(Pattern.bytes(number * 100)) }
        if number % 3 == 1 { client.resetAtEnd() }
        if number % 5 == 0 { client.finishWriting() }
      }
      try await eventually("all connections' end") { try await proxy.open() == 0 }
      let client = try proxy.client()
      #expect(try await aside { try client.echo() })
    }
  }

  @Test func aClientThatNeverReadsBindsLittleMemory() async throws {
    try await withProxy(.flood) { proxy, _ in
      let clients = try (0..<20).map { _ in try proxy.client() }
      try await eventually("all are stalled") {
        let before = try await proxy.engine.ask { $0.links[0].bytes[1] }
        try await Task.sleep(for: .milliseconds(200))
        return try await proxy.engine.ask { $0.links[0].bytes[1] } == before && before > 0
      }
      #expect(try await proxy.held() <= 20 * ProxyLoop.bufferSize)
      try await proxy.add(.latency(delay: 1_000_000_000, jitter: 0))
      #expect(try await proxy.held() <= 20 * (ProxyLimits().delayWindow + ProxyLoop.bufferSize))
      withExtendedLifetime(clients) {}
    }
  }

  @Test func scarceMemoryMakesWindowsSmall() async throws {
    var limits = ProxyLimits()
    limits.heldBytes = 200_000
    try await withProxy(.flood, limits: limits) { proxy, _ in
      try await proxy.add(.latency(delay: 600_000_000_000, jitter: 0))
      let clients = try (0..<50).map { _ in try proxy.client() }
      try await eventually("all have begun") { try await proxy.open() == 50 }
      try await eventually("no more is taken in") {
        let before = try await proxy.held()
        try await Task.sleep(for: .milliseconds(300))
        return try await proxy.held() == before && before > 0
      }
      #expect(try await proxy.held() <= 200_000 + limits.delayWindow + 50 * limits.scarceWindow)
      withExtendedLifetime(clients) {}
    }
  }

  @Test func idleConnectionsByTheThousand() async throws {
    try await withProxy(.silent) { proxy, server in
      let clients = try (0..<2000).map { _ in try proxy.client() }
      try await eventually("all are connected") {
        let established = try await proxy.engine.ask { loop in
          loop.connections.count { $0?.state == .established }
        }
        return established == 2000 && server.connections == 2000
      }
      let asked = try await milliseconds { _ = try await proxy.open() }
      #expect(asked < 2000)
      withExtendedLifetime(clients) {}
    }
  }

  @Test func peersThatVanishAreFoundOut() async throws {
    try await withProxy { proxy, _ in
      let client = try proxy.client()
      #expect(try await aside { try client.echo() })
      let options = try await proxy.engine.ask { loop in
        let connection = try #require(loop.connections.first ?? nil)
        return [connection.client, connection.target].map { socket in
          [(SOL_SOCKET, SO_KEEPALIVE), (Int32(IPPROTO_TCP), TCP_KEEPIDLE), (Int32(IPPROTO_TCP), TCP_KEEPINTVL)].map {
            var value: Int32 = -1
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(socket.descriptor, $0, $1, &value, &size) == 0 ? value : -1
          }
        }
      }
      #expect(options == [[1, 30, 10], [1, 30, 10]])
    }
  }

  @Test func moreConnectionsThanPlacesWait() async throws {
    var limits = ProxyLimits()
    limits.maxConnections = 4
    try await withProxy(limits: limits) { proxy, _ in
      var clients = try (0..<4).map { _ in try proxy.client() }
      for client in clients { #expect(try await aside { try client.echo() }) }
      let fifth = try proxy.client()
      try fifth.send("ping")
      #expect(try await proxy.open() == 4)
      clients.removeAll()
      #expect(try await aside { try fifth.receive(exactly: 4) } == Array("ping".utf8))
    }
  }
}

/// Sends on one thread what another receives.
func bothWays(_ client: Client, _ bytes: [UInt8]) async throws -> [UInt8] {
  async let sent: Void = aside {
    try client.send(bytes)
    client.finishWriting()
  }
  let received = try await aside { try client.receive(exactly: bytes.count) }
  try await sent
  return received
}

import CPlatform
import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

@testable import Proxy

/// What must not keep the proxy from obeying: as many connections as it takes, readers that have stopped, targets that
/// don't answer, and rubbish; all of it before the real program and its real HTTP API.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CrowdTests {
  private static let stalled = 50
  private static let unanswered = 20
  /// Times as much memory: a sanitizer keeps what was freed, and notes beside all there is.
  private static let sanitizer = ProcessInfo.processInfo.environment["FIREDRILL_SANITIZER"] == nil ? 1 : 8

  /// How many idle connections the machine lets the proxy have beside the others: 10,000 where 20,600 files may be
  /// open.
  private static func crowd() -> (count: Int, openFiles: Int) {
    let openFiles = Int(clamping: cplatform_raise_file_limit())
    return (max(16, min(10_000, openFiles / 2 - 64 - stalled - unanswered - 100)), openFiles)
  }

  /// A fault of every connection of a link, both ways.
  private static func toxic(_ link: String) -> String {
    #"{"kind":"latency","link":"\#(link)","latency_ms":20,"direction":"both","lease_seconds":600,"id":"\#(link)"}"#
  }

  @Test func aCrowdKeepsNobodyFromObeying() async throws {
    let (count, openFiles) = Self.crowd()
    let queue = try Self.longestQueue()
    let idle = try (0...count / queue).map { _ in try Unattended(Addresses.next(), backlog: Int32(clamping: queue)) }
    let away = try Unattended(Addresses.next(), backlog: 0)
    let full = try away.fill()
    defer { for descriptor in full { close(descriptor) } }
    let host = Addresses.next()
    let flood = try Server(host, .flood)
    let targets = [("away", away.endpoint), ("flood", Endpoint(host: host, port: flood.port))]
    try await ProxyProgram.with(targets + idle.enumerated().map { ("idle-\($0)", $1.endpoint) }) { proxy in
      let before = try await proxy.memory()
      _ = try await proxy.ask(.POST, "/v1/toxics", Self.toxic("flood"), expecting: 201)
      let readers = try await aside { try (0..<Self.stalled).map { _ in try proxy.client("flood") } }
      let waiting = try await aside { try (0..<Self.unanswered).map { _ in try proxy.client("away") } }
      var crowd = try await aside { try (0..<count).map { try proxy.client("idle-\($0 % idle.count)") } }
      try await Self.settled(proxy, open: count + Self.stalled + Self.unanswered)
      let grown = (try await proxy.memory() - before) >> 20
      _ = try await proxy.ask(.DELETE, "/v1/toxics/flood")
      print("measured: \(count) idle connections, \(Self.stalled) stalled readers: \(grown) MB more")
      #expect(count == 10_000 || openFiles < 20_600, "\(count) connections; \(openFiles) files may be open")
      #expect(grown < 64 * Self.sanitizer)

      let few = try await Self.obedience(proxy, on: ["away", "flood"])
      print("measured beside \(count) others: begin \(few.begin) ms, list \(few.list) ms, clear \(few.clear) ms")
      #expect(few.clear <= 100 && few.begin <= 500 && few.list <= 500)
      // Each of the crowd's connections is looked at, by a program that isn't optimised.
      let all = try await Self.obedience(proxy, on: proxy.links)
      print("measured on \(count) others: begin \(all.begin) ms, list \(all.list) ms, clear \(all.clear) ms")
      #expect(all.clear <= 2000 && all.begin <= 2000 && all.list <= 500)

      // What was stalled goes on, and places come free.
      let held = try #require(readers.first)
      #expect(try await aside { try held.receive(exactly: 1 << 20) }.count == 1 << 20)
      for client in crowd { client.resetAtEnd() }
      crowd.removeAll()
      try await eventually("the crowd has left") {
        try await proxy.connections().open == Self.stalled + Self.unanswered
      }
      withExtendedLifetime((readers, waiting)) {}
    }
  }

  /// The longest queue of connections that a listener may have.
  private static func longestQueue() throws -> Int {
    let text = try String(contentsOfFile: "/proc/sys/net/core/somaxconn", encoding: .utf8)
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// Waits until so many are open and nothing moves any more: the readers are stalled on full buffers.
  private static func settled(_ proxy: ProxyProgram, open: Int) async throws {
    var before = -1
    try await eventually("\(open) connections, and nothing moves") {
      let now = try await proxy.connections()
      defer { before = now.links.map(\.bytesDownstream).reduce(0, +) }
      if now.open == open && now.held > 0 && now.links.map(\.bytesDownstream).reduce(0, +) == before { return true }
      try await Task.sleep(for: .milliseconds(200))
      return false
    }
  }

  /// Begins, lists and clears faults on links, again and again: the median of each, in ms. They are cleared at the end.
  private static func obedience(
    _ proxy: ProxyProgram, on links: [String]
  ) async throws -> (begin: Double, list: Double, clear: Double) {
    var (begin, list, clear): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<7 {
      for link in links {
        begin.append(
          try await milliseconds { _ = try await proxy.ask(.POST, "/v1/toxics", toxic(link), expecting: 201) })
      }
      for path in ["/v1/toxics", "/v1/links", "/v1/connections", "/healthz"] {
        list.append(try await milliseconds { _ = try await proxy.ask(.GET, path) })
      }
      clear.append(try await milliseconds { _ = try await proxy.ask(.DELETE, "/v1/toxics") })
      #expect(try await proxy.toxics().isEmpty)
    }
    return (median(begin), median(list), median(clear))
  }

  @Test func rubbishCostsNothing() async throws {
    let host = Addresses.next()
    let echo = try Server(host)
    try await ProxyProgram.with([("echo", Endpoint(host: host, port: echo.port))]) { proxy in
      func throwRubbish(round: Int) async throws {
        try await aside {
          for number in 0..<140 {
            // Who is told off may be cut off while it still talks.
            let control = try Client(proxy.host, 8080)
            try? control.send(Rubbish.request(number))
            if number % 2 == 0 { control.resetAtEnd() } else { control.finishWriting() }
            if number % 5 == 0 { _ = control.readError(within: 100) }
            let link = try proxy.client("echo")
            try? link.send(Pattern.bytes(number * 200))
            if number % 2 == 0 { link.resetAtEnd() }
          }
        }
        try await eventually("all of it is gone") {
          let now = try await proxy.connections()
          return now.links.map(\.accepted) == [140 * (round + 1)] && now.open == 0 && now.held == 0
        }
      }
      // The first round pays for what is made once.
      try await throwRubbish(round: 0)
      let before = try await proxy.memory()
      for round in 1...3 { try await throwRubbish(round: round) }
      let grown = (try await proxy.memory() - before) >> 20
      print("measured: 420 pieces of rubbish on the API, and as many on a link: \(grown) MB more")
      #expect(grown < 32 * Self.sanitizer)
      #expect(try await proxy.toxics().isEmpty)
      let client = try proxy.client("echo")
      #expect(try await aside { try client.echo() })
    }
  }
}

/// What no client should send to an HTTP API.
enum Rubbish {
  static func request(_ number: Int) -> [UInt8] {
    switch number % 7 {
    case 0: Pattern.bytes(1 + number * 37)
    case 1: Array("GET /v1/toxics HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 200_000))\r\n\r\n".utf8)
    case 2: post(String(repeating: "[", count: 50_000))
    case 3: Array("POST /v1/toxics HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}".utf8)
    case 4:
      Array("POST /v1/toxics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{".utf8)
    case 5: post(String(repeating: " ", count: (1 << 20) + 1))
    default: Array("POST /v1/toxics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{".utf8)
    }
  }

  /// From somebody who has the token: others are turned away before their JSON is looked at.
  private static func post(_ body: String) -> [UInt8] {
    let head = "POST /v1/toxics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer open sesame\r\n"
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }
}

/// The middle one.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

import NIOCore
import NIOHTTP1
import Resilience
import Synchronization
import Testing

@testable import ServiceKit

/// Clients that take their time, and what they may take with it.
@Suite(.timeLimit(.minutes(2))) struct SlowPeerTests {
  private static func settings(idle: Duration = .seconds(120), body: Duration = .seconds(10)) -> CommonSettings {
    CommonSettings(idleTimeout: idle, bodyTimeout: body, instance: "x-1")
  }

  private static func head(_ path: String, length: Int) -> String {
    "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n"
  }

  private final class Countdown: Sendable {
    let value: Atomic<Int>
    init(_ value: Int) { self.value = Atomic(value) }
  }

  private static func isLate(_ answer: String?) -> Bool {
    guard let answer = answer?.lowercased() else { return false }
    return answer.hasPrefix("http/1.1 408 ") && answer.contains("connection: close")
      && answer.contains(#"{"error":{"code":"body_late""#)
  }

  @Test func whoNeverSendsItsBodyTakesNobodysPlace() async throws {
    let policy = InboundPolicy(concurrency: .init(maxConcurrent: 1))
    try await ServedRoutes.with(policy, Self.settings(body: .milliseconds(500))) { routes in
      await routes.handle.open()
      let waiting = Countdown(6)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 {
          group.addTask {
            let answer = try await routes.say([Self.head("/count", length: 100)])
            #expect(Self.isLate(answer), "\(answer ?? "nothing")")
            waiting.value.subtract(1, ordering: .relaxed)
          }
        }
        var served = 0
        while waiting.value.load(ordering: .relaxed) > 0 {
          let reply = try await routes.client.send(.GET, "/slow")
          try #require(reply.status == 200, "after \(served) that were served")
          served += 1
        }
        #expect(served > 0)
        try await group.waitForAll()
      }
    }
  }

  @Test func aBodyThatTricklesIsNotWaitedForEither() async throws {
    try await ServedRoutes.with(InboundPolicy(), Self.settings(body: .milliseconds(400))) { routes in
      let answer = try await routes.say(
        [Self.head("/count", length: 1000)] + Array(repeating: "x", count: 999), pause: .milliseconds(20))
      #expect(Self.isLate(answer), "\(answer ?? "nothing")")
    }
  }

  @Test func aBodyInPiecesIsTakenWhole() async throws {
    try await ServedRoutes.with(InboundPolicy(), Self.settings(idle: .seconds(1))) { routes in
      let pieces = [Self.head("/count", length: 12)] + Array(repeating: "four", count: 3)
      let answer = try await routes.say(pieces, pause: .milliseconds(50))
      #expect(answer?.hasPrefix("HTTP/1.1 200 ") == true && answer?.hasSuffix("\r\n\r\n12") == true)
      let chunks = "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n"
      let chunked = try await routes.say([chunks, "3\r\nabc\r\n", "0\r\n\r\n"], pause: .milliseconds(50))
      #expect(chunked?.hasPrefix("HTTP/1.1 200 ") == true && chunked?.hasSuffix("\r\n\r\n7") == true)
    }
  }

  @Test func aConnectionOnWhichNothingHappensIsClosed() async throws {
    try await ServedRoutes.with(InboundPolicy(), Self.settings(idle: .milliseconds(300))) { routes in
      #expect(try await routes.say([]) == "")
      #expect(try await routes.say(["GET /healthz HTTP/1.1\r\nHos"]) != nil)
      let served = try await routes.say(["GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
      #expect(served?.hasPrefix("HTTP/1.1 200 ") == true)
    }
  }

  @Test(arguments: ["GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", head("/slow", length: 2) + "{}"])
  func anAnswerThatTakesLongIsWaitedFor(request: String) async throws {
    let settings = Self.settings(idle: .milliseconds(200), body: .milliseconds(200))
    try await ServedRoutes.with(InboundPolicy(), settings) { routes in
      async let answer = routes.say([request])
      while await routes.handle.count < 1 { try await Task.sleep(for: .milliseconds(5)) }
      // Time itself is what is tried here: several times as much as either bound.
      try await Task.sleep(for: .milliseconds(1200))
      await routes.handle.open()
      #expect(try await answer?.hasPrefix("HTTP/1.1 200 ") == true)
    }
  }
}

import NIOCore
import NIOPosix
import Testing

@testable import Engine

@Suite struct NativeProbeTests {
  @Test func urlsAreRead() {
    #expect(NativeProbe(url: "http://web:8080/readyz")?.dialect == .http(path: "/readyz"))
    #expect(NativeProbe(url: "http://web")?.port == 80)
    #expect(NativeProbe(url: "postgres://db:5433")?.port == 5433)
    #expect(NativeProbe(url: "redis://r")?.port == 6379)
    for bad in ["tcp://x", "tcp://:80", "ftp://x:1", "http://x:0", "http://x:70000", "x", "http://x:1:2"] {
      #expect(NativeProbe(url: bad) == nil, "\(bad)")
    }
  }

  /// Asks a server that answers with fixed bytes to whatever comes, with the patience that a busy machine needs.
  private func ask(
    _ url: String, answer: String, close: Bool = true, timeout: Duration = .seconds(5)
  ) async throws -> Bool {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(FixedAnswer(answer: answer, close: close))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let port = server.localAddress?.port ?? 0
    let probe = try #require(NativeProbe(url: url.replacing("PORT", with: "\(port)")))
    let alive = await probe.isAlive(at: "127.0.0.1", timeout: timeout)
    try await server.close()
    return alive
  }

  @Test(arguments: [
    ("http://x:PORT/readyz", "HTTP/1.1 200 OK\r\n\r\n", true),
    ("http://x:PORT/readyz", "HTTP/1.1 503 no\r\n\r\n", false),
    ("http://x:PORT/", "rubbish", false), ("redis://x:PORT", "+PONG\r\n", true),
    ("redis://x:PORT", "-NOAUTH\r\n", true),
    ("redis://x:PORT", "-LOADING\r\n", false), ("postgres://x:PORT", "R\0\0\0\u{8}\0\0\0\u{5}", true),
    ("postgres://x:PORT", "E\0\0\0\u{20}SFATAL\0C53300\0Msorry\0\0", true),
    ("postgres://x:PORT", "E\0\0\0\u{20}SFATAL\0C57P03\0Mstarting\0\0", false), ("postgres://x:PORT", "", false),
  ])
  func answersAreJudged(_ url: String, _ answer: String, _ alive: Bool) async throws {
    #expect(try await ask(url, answer: answer) == alive)
  }

  @Test func silenceIsNoLife() async throws {
    #expect(try await !ask("http://x:PORT/", answer: "", close: false, timeout: .milliseconds(300)))
  }

  @Test func nobodyThereIsNoLife() async throws {
    let probe = try #require(NativeProbe(url: "tcp://x:1"))
    #expect(await !probe.isAlive(at: "127.0.0.1", timeout: .milliseconds(300)))
  }
}

private final class FixedAnswer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  let answer: String
  let close: Bool

  init(answer: String, close: Bool) {
    self.answer = answer
    self.close = close
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !answer.isEmpty { context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil) }
    if close { context.close(promise: nil) }
  }
}

import NIOCore
import NIOPosix
import Synchronization
import TestServers
import Testing

@testable import Load

/// A server of bytes: says the same on each connection for each piece that it is told, and counts connections.
private final class ByteServer: Sendable {
  private let channel: any Channel
  let opened: Counter

  final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
  }

  private init(_ channel: any Channel, _ opened: Counter) {
    self.channel = channel
    self.opened = opened
  }

  var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)/" }

  /// - Parameter closes: whether it closes the connection when it has answered.
  static func with(
    _ answer: String, after delay: TimeAmount = .zero, closes: Bool = false, _ body: (ByteServer) async throws -> Void
  ) async throws {
    let opened = Counter()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        opened.add()
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Handler(answer: answer, delay: delay, closes: closes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do { try await body(ByteServer(channel, opened)) } catch {
      try await channel.close()
      throw error
    }
    try await channel.close()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: String
    private let delay: TimeAmount
    private let closes: Bool

    init(answer: String, delay: TimeAmount, closes: Bool) {
      self.answer = answer
      self.delay = delay
      self.closes = closes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let channel = context.channel
      let (answer, closes) = (answer, closes)
      context.eventLoop.scheduleTask(in: delay) {
        let written = channel.writeAndFlush(ByteBuffer(string: answer))
        if closes { written.whenComplete { _ in channel.close(promise: nil) } }
      }
    }
  }
}

@Suite struct LoadClientTests {
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  private func word(_ answer: Answer) -> String {
    switch answer {
    case .reply(let status, _, let body): "\(status) \(String(buffer: body).prefix(10))"
    case .cut(let word): word
    }
  }

  private func ask(_ client: LoadClient, _ url: String, patience: Duration = .seconds(10)) async -> String {
    word(await client.send(Call(method: "GET", url: url), patience: patience))
  }

  private func noConnectionIsLeft(_ client: LoadClient) async throws {
    try await eventually("no connection is left", within: 10) { try await client.connections == 0 }
  }

  @Test func aConnectionIsUsedAgain() async throws {
    try await ByteServer.with(Self.ok) { server in
      try await LoadClient.with { client in
        for _ in 0..<5 { #expect(await ask(client, server.url) == "200 ok") }
      }
      #expect(server.opened.count == 1)
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  ]) func oneThatIsClosedIsNot(_ answer: String) async throws {
    try await ByteServer.with(answer, closes: true) { server in
      try await LoadClient.with { client in
        for _ in 0..<3 {
          #expect(await ask(client, server.url) == "200 ok")
          try await noConnectionIsLeft(client)
        }
      }
      #expect(server.opened.count == 3)
    }
  }

  @Test func whoFindsNoConnectionWaitsForOne() async throws {
    try await ByteServer.with(Self.ok, after: .milliseconds(20)) { server in
      try await LoadClient.with(connectionsPerHost: 2) { client in
        await withTaskGroup(of: String.self) { group in
          for _ in 0..<10 { group.addTask { await ask(client, server.url) } }
          for await answer in group { #expect(answer == "200 ok") }
        }
      }
      #expect(server.opened.count == 2)
    }
  }

  @Test func whoWaitsTooLongGivesUpAndTheOthersGoOn() async throws {
    try await ByteServer.with(Self.ok, after: .milliseconds(400)) { server in
      try await LoadClient.with(connectionsPerHost: 1) { client in
        async let first = ask(client, server.url)
        try await eventually("a connection is opened", within: 10) { server.opened.count == 1 }
        async let hasty = ask(client, server.url, patience: .milliseconds(100))
        async let patient = ask(client, server.url)
        #expect(await [first, hasty, patient] == ["200 ok", "timeout", "200 ok"])
      }
      #expect(server.opened.count == 1)
    }
  }

  @Test(arguments: [
    "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + String(repeating: "x", count: 2_000_000), "",
  ]) func whatIsNoWholeReplyIsCut(_ answer: String) async throws {
    try await ByteServer.with(answer, closes: true) { server in
      try await LoadClient.with { client in
        #expect(await ask(client, server.url) == "cut")
        // Nor does it spoil the next.
        #expect(await ask(client, server.url) == "cut")
      }
    }
  }

  @Test func whatNobodyAskedForEndsTheConnection() async throws {
    try await ByteServer.with(Self.ok + Self.ok) { server in
      try await LoadClient.with { client in
        for _ in 0..<3 {
          #expect(await ask(client, server.url) == "200 ok")
          try await noConnectionIsLeft(client)
        }
      }
      #expect(server.opened.count == 3)
    }
  }

  @Test(arguments: ["", "127.0.0.1:80/", "https://127.0.0.1/", "http://", "http://:80/", "http://a:b/", "http://a:0/"])
  func whatIsNoPlaceIsNotConnectedTo(_ url: String) async throws {
    try await LoadClient.with { client in #expect(await ask(client, url) == "connect") }
  }

  @Test func nobodyListensThere() async throws {
    try await LoadClient.with { client in
      #expect(await ask(client, "http://127.0.0.1:1/") == "connect")
      #expect(await ask(client, "http://no-such-name.invalid:80/") == "connect")
    }
  }

  @Test func whoeverIsCancelledWaitsNoLonger() async throws {
    try await ByteServer.with(Self.ok, after: .seconds(20)) { server in
      try await LoadClient.with { client in
        let begun = ContinuousClock.now
        let asking = Task { await ask(client, server.url, patience: .seconds(20)) }
        try await eventually("a connection is opened", within: 10) { server.opened.count == 1 }
        asking.cancel()
        #expect(await asking.value == "cut")
        let before = Task {
          withUnsafeCurrentTask { $0?.cancel() }
          return await ask(client, server.url, patience: .seconds(20))
        }
        #expect(await before.value == "cut")
        #expect(ContinuousClock.now - begun < .seconds(5))
      }
    }
  }
}

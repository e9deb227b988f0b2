import Glibc
public import Logging
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// The instances of one other service, taken in turn.
///
/// A DNS name is resolved again each second, away from the event loops, and changes of its addresses are followed.
/// While it can't be resolved, the last addresses stay.
public final class Upstreams: Service {
  private struct State {
    var endpoints: [Endpoint]
    var turn: Int
  }

  private let source: InstanceSource
  private let interval: Duration
  private let logger: Logger
  private let state: Mutex<State>

  /// - Parameters:
  ///   - interval: how often a DNS name is resolved again.
  ///   - firstTurn: which of the instances is taken first; at random, so that not all callers begin with the same.
  public init(
    _ source: InstanceSource, interval: Duration = .seconds(1), firstTurn: Int = Int.random(in: 0..<1_000_000),
    logger: Logger
  ) {
    self.source = source
    self.interval = interval
    self.logger = logger
    let endpoints = if case .list(let list) = source { list } else { [Endpoint]() }
    state = Mutex(State(endpoints: endpoints, turn: firstTurn))
  }

  /// The instances known now.
  public var endpoints: [Endpoint] { state.withLock { $0.endpoints } }

  /// The instance whose turn it is; nil when none is known.
  public func next() -> Endpoint? {
    state.withLock { state in
      guard !state.endpoints.isEmpty else { return nil }
      state.turn = (state.turn + 1) % state.endpoints.count
      return state.endpoints[state.turn]
    }
  }

  /// Follows the name's addresses until shutdown; a list needs no following.
  public func run() async throws {
    guard case .dns(let name) = source else {
      try? await gracefulShutdown()
      return
    }
    try? await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        await follow(name)
        try await Task.sleep(for: endpoints.isEmpty ? .milliseconds(100) : interval)
      }
    }
  }

  /// Resolves the name once and takes its addresses over. An answer without addresses changes nothing.
  func follow(_ name: Endpoint) async {
    let addresses = (try? await NIOThreadPool.singleton.runIfActive { Self.resolve(name.host) }) ?? []
    let found = addresses.map { Endpoint(host: $0, port: name.port) }
    guard !found.isEmpty else { return }
    let changed = state.withLock { state in
      guard state.endpoints != found else { return false }
      state.endpoints = found
      return true
    }
    if changed { logger.info("instances of \(name.host)", metadata: ["count": "\(found.count)"]) }
  }

  /// The IPv4 addresses of a name, each once, in order. Blocks.
  static func resolve(_ name: String) -> [String] {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: Set<UInt32> = []
    var entry = list
    while let current = entry {
      if let address = current.pointee.ai_addr {
        address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          _ = addresses.insert(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
      }
      entry = current.pointee.ai_next
    }
    return addresses.sorted().map { "\($0 >> 24).\($0 >> 16 & 255).\($0 >> 8 & 255).\($0 & 255)" }
  }
}

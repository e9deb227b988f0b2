import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Looks at a TCP connection as such: what becomes of it when somebody says something.
public struct StreamProbe: Sendable {
  /// How a connection stood when it was looked at last.
  public enum State: Sendable, Equatable {
    /// Nobody listens.
    case refused
    /// There was no connection yet.
    case connecting
    case open
    /// Ended in an orderly way.
    case closed
    /// Ended by RST.
    case reset
  }

  /// What was seen.
  public struct Sight: Sendable, Equatable {
    /// How it stood at the end.
    public var state: State
    /// How many bytes came.
    public var bytes: Int
    /// From the beginning until it ended, or until nobody looked any more.
    public var took: Duration

    /// A sight.
    public init(_ state: State, bytes: Int, took: Duration) {
      self.state = state
      self.bytes = bytes
      self.took = took
    }
  }

  /// An address, such as `127.0.0.1`.
  public var host: String
  /// Its port.
  public var port: Int

  /// A probe of what listens there.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Connects, says `words`, and reads until the connection ends, at most `time`.
  ///
  /// - Parameters:
  ///   - hangsUp: after that it says that nothing more will come (FIN).
  ///   - enough: when so many bytes have come, that is enough.
  public func look(
    saying words: [UInt8] = [], hangsUp: Bool = false, for time: Duration, enough: Int = .max
  ) async -> Sight {
    let begin = ContinuousClock.now
    let sight = try? await NIOThreadPool.singleton.runIfActive { blockingLook(words, hangsUp, time, enough) }
    return sight ?? Sight(.connecting, bytes: 0, took: .now - begin)
  }

  private func blockingLook(_ words: [UInt8], _ hangsUp: Bool, _ time: Duration, _ enough: Int) -> Sight {
    let begin = ContinuousClock.now
    func sight(_ state: State, _ bytes: Int = 0) -> Sight { Sight(state, bytes: bytes, took: .now - begin) }
    func wait(_ descriptor: Int32, _ events: Int32) -> Bool {
      let left = Int32(clamping: Int((begin + time - .now) / .milliseconds(1)) + 1)
      var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      return left > 0 && poll(&entry, 1, left) > 0
    }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { return sight(.connecting) }
    defer { close(descriptor) }
    guard start(descriptor) else { return sight(.refused) }
    guard wait(descriptor, POLLOUT) else { return sight(.connecting) }
    switch pendingError(descriptor) {
    case 0: break
    case ECONNRESET: return sight(.reset)
    default: return sight(.refused)
    }
    var unsent = words[...]
    var bytes = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var hasHungUp = false
    while true {
      while !unsent.isEmpty {
        let sent = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent <= 0 { break }
        unsent = unsent.dropFirst(sent)
      }
      if unsent.isEmpty, hangsUp, !hasHungUp { hasHungUp = shutdown(descriptor, Int32(SHUT_WR)) == 0 }
      guard wait(descriptor, unsent.isEmpty ? POLLIN : POLLIN | POLLOUT) else { return sight(.open, bytes) }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count == 0 { return sight(.closed, bytes) }
      if count > 0 {
        bytes += count
        if bytes >= enough { return sight(.open, bytes) }
      } else if errno != EAGAIN && errno != EINTR {
        return sight(.reset, bytes)
      }
    }
  }

  /// - Returns: false when it failed at once.
  private func start(_ descriptor: Int32) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return false }
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    return result == 0 || errno == EINPROGRESS
  }

  private func pendingError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }
}

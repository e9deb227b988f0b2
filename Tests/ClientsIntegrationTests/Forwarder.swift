import Foundation
import Synchronization
import TestServers

/// Passes bytes on between clients and a server, and cuts a connection in the middle of an answer when told to.
final class Forwarder: Sendable {
  /// Where clients connect to.
  let address = "127.0.0.1"
  let port: Int
  private let listener: Int32
  private let server: (address: String, port: Int)
  /// How many more of the server's bytes pass before their connection is cut; nil: all.
  private let left = Mutex<Int?>(nil)

  /// Both ends of a connection, closed with the last user.
  private final class Pair: Sendable {
    let client: Int32
    let server: Int32

    init(client: Int32, server: Int32) {
      self.client = client
      self.server = server
    }

    func cut() { for end in [client, server] { _ = shutdown(end, Int32(SHUT_RDWR)) } }

    deinit { for end in [client, server] { close(end) } }
  }

  init(to address: String, _ port: Int) throws {
    (listener, self.port) = try Sockets.listen(self.address)
    server = (address, port)
    Thread.detachNewThread { [self] in accept() }
  }

  /// Cuts the connection that brings the server's next bytes, once `count` of them have passed; later ones are whole.
  func cut(after count: Int) { left.withLock { $0 = count } }

  /// Takes no further connections.
  func stop() { _ = shutdown(listener, Int32(SHUT_RDWR)) }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      guard let upstream = Sockets.connect(server.address, server.port) else {
        close(client)
        continue
      }
      let pair = Pair(client: client, server: upstream)
      Thread.detachNewThread { [self] in pump(pair.client, pair.server, pair) { ($0, false) } }
      Thread.detachNewThread { [self] in pump(pair.server, pair.client, pair, allowance) }
    }
    close(listener)
  }

  private func pump(_ from: Int32, _ to: Int32, _ pair: Pair, _ allowance: (Int) -> (pass: Int, isCut: Bool)) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(from, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      let (pass, isCut) = allowance(count)
      guard Self.send(to, buffer[..<pass]), !isCut else { break }
    }
    pair.cut()
  }

  /// False when the other side is gone.
  private static func send(_ fd: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.send(fd, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  private func allowance(_ count: Int) -> (pass: Int, isCut: Bool) {
    left.withLock { left in
      guard let allowed = left else { return (count, false) }
      left = allowed > count ? allowed - count : nil
      return (min(count, allowed), left == nil)
    }
  }
}

/// Lends a way to a server that can be cut.
func withForwarder<R>(to address: String, _ port: Int, _ body: (Forwarder) async throws -> R) async throws -> R {
  let forwarder = try Forwarder(to: address, port)
  defer { forwarder.stop() }
  return try await body(forwarder)
}

import CPlatform
import Foundation
import Synchronization
import Testing

/// What went wrong in a test's own socket: the call and its errno.
struct SocketFailure: Error, Equatable {
  var call: String
  var code: Int32
}

/// A blocking client's socket. Each wait has a time-out of its own.
final class Client: Sendable {
  let descriptor: Int32

  init(_ host: String, _ port: Int) throws {
    var address = cplatform_address()
    try #require(cplatform_numeric_address(host, UInt16(port), &address) == 1)
    descriptor = cplatform_tcp_connect(&address)
    guard descriptor >= 0 else { throw SocketFailure(call: "connect", code: errno) }
    do {
      try wait(POLLOUT, 10_000)
      let error = cplatform_socket_error(descriptor)
      if error != 0 { throw SocketFailure(call: "connect", code: error) }
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  private func wait(_ events: Int32, _ milliseconds: Int32) throws {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    guard poll(&entry, 1, milliseconds) == 1 else { throw SocketFailure(call: "poll", code: ETIMEDOUT) }
  }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { cplatform_send(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try wait(POLLOUT, 30_000)
      } else {
        throw SocketFailure(call: "send", code: errno)
      }
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// What comes next; empty at the end of the stream.
  func receive(upTo limit: Int = 1 << 16, within milliseconds: Int32 = 30_000) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    while true {
      let count = cplatform_receive(descriptor, &bytes, limit)
      if count >= 0 { return Array(bytes.prefix(count)) }
      guard errno == EAGAIN else { throw SocketFailure(call: "recv", code: errno) }
      try wait(POLLIN, milliseconds)
    }
  }

  /// So many bytes, fewer when the stream ends before.
  func receive(exactly wanted: Int, within milliseconds: Int32 = 30_000) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < wanted {
      let more = try receive(upTo: min(1 << 16, wanted - bytes.count), within: milliseconds)
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  /// Everything to the end of the stream.
  func receiveAll() throws -> [UInt8] { try receive(exactly: .max) }

  /// Sends a text and waits for it to come back.
  func echo(_ text: String = "ping") throws -> Bool {
    try send(text)
    return String(decoding: try receive(exactly: text.utf8.count), as: UTF8.self) == text
  }

  /// The errno that reading ends with; nil when the stream ends in good order or bytes come.
  func readError(within milliseconds: Int32 = 30_000) -> Int32? {
    do {
      _ = try receive(within: milliseconds)
      return nil
    } catch {
      return (error as? SocketFailure)?.code
    }
  }

  func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closing will send RST.
  func resetAtEnd() {
    var setting = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout<linger>.size))
  }
}

/// A server whose connections each get a thread.
final class Server: Sendable {
  enum Manner: Sendable {
    /// Sends back what comes.
    case echo
    /// Reads to the end, then answers with the number of bytes and closes.
    case count
    /// Sends for ever, as much as is taken.
    case flood
    /// Takes connections and neither reads nor writes.
    case silent
    /// Sends so many bytes of a known pattern and closes.
    case pattern(Int)
  }

  let port: Int
  private let listener: Int32
  private let manner: Manner
  private let accepted = Mutex<[Int32]>([])

  /// How many connections came.
  var connections: Int { accepted.withLock { $0.count } }

  init(_ host: String, _ manner: Manner = .echo) throws {
    var address = cplatform_address()
    try #require(cplatform_numeric_address(host, 0, &address) == 1)
    listener = cplatform_tcp_bind(&address)
    guard listener >= 0, listen(listener, 4096) == 0 else { throw SocketFailure(call: "listen", code: errno) }
    port = Int(cplatform_tcp_port(listener))
    self.manner = manner
    let listener = self.listener
    Thread.detachNewThread { [weak self] in
      while true {
        var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, -1) == 1 else { continue }
        let descriptor = Glibc.accept(listener, nil, nil)
        if descriptor < 0 {
          if errno == EAGAIN { continue }
          return
        }
        guard let self else { return }
        self.accepted.withLock { $0.append(descriptor) }
        if case .silent = manner { continue }
        Thread.detachNewThread { Self.serve(descriptor, manner) }
      }
    }
  }

  /// Stops listening; connections that exist stay.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    let isServed = if case .silent = manner { false } else { true }
    // Threads may still use theirs; a closed number could be somebody else's by then.
    for descriptor in accepted.withLock({ $0 }) {
      if isServed { shutdown(descriptor, Int32(SHUT_RDWR)) } else { close(descriptor) }
    }
  }

  private static func serve(_ descriptor: Int32, _ manner: Manner) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    switch manner {
    case .echo:
      while true {
        let count = cplatform_receive(descriptor, &buffer, buffer.count)
        guard count > 0, write(descriptor, buffer, count) else { break }
      }
    case .count:
      var total = 0
      while true {
        let count = cplatform_receive(descriptor, &buffer, buffer.count)
        if count <= 0 { break }
        total += count
      }
      let answer = Array("\(total)".utf8)
      _ = write(descriptor, answer, answer.count)
    case .flood: while write(descriptor, buffer, buffer.count) {}
    case .pattern(let size):
      let bytes = Pattern.bytes(size)
      _ = write(descriptor, bytes, size)
      shutdown(descriptor, Int32(SHUT_WR))
      while cplatform_receive(descriptor, &buffer, buffer.count) > 0 {}
    case .silent: break
    }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private static func write(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Bool {
    var offset = 0
    while offset < count {
      let sent = bytes.withUnsafeBytes {
        cplatform_send(descriptor, $0.baseAddress?.advanced(by: offset), count - offset)
      }
      if sent <= 0 { return false }
      offset += sent
    }
    return true
  }
}

/// Bytes that tell their place: what is lost, doubled or swapped shows.
enum Pattern {
  static func bytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }
}

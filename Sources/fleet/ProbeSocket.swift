import Glibc

/// A connected TCP socket with a deadline for everything.
final class ProbeSocket {
  private let handle: Int32
  private let deadline: ContinuousClock.Instant

  /// Connects; nil when that fails or takes longer than `patience` (ms).
  init?(host: String, port: Int, patience: Int32) {
    deadline = .now + .milliseconds(Int(patience))
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list?.pointee else { return nil }
    defer { freeaddrinfo(list) }
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let created = socket(AF_INET, type, 0)
    guard created >= 0 else { return nil }
    handle = created
    if connect(handle, first.ai_addr, first.ai_addrlen) != 0 {
      guard errno == EINPROGRESS, wait(for: POLLOUT) else { return nil }
      var failure: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard getsockopt(handle, SOL_SOCKET, SO_ERROR, &failure, &size) == 0, failure == 0 else { return nil }
    }
  }

  deinit { close(handle) }

  /// Whether all bytes were sent.
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard wait(for: POLLOUT) else { return false }
      let count = rest.withUnsafeBytes { write(handle, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Reads until there are so many bytes, the other side closes, or time is up.
  func receive(atLeast wanted: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1024)
    while bytes.count < wanted, wait(for: POLLIN) {
      let count = read(handle, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    return bytes
  }

  private func wait(for events: Int32) -> Bool {
    let (seconds, attoseconds) = (deadline - .now).components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    guard milliseconds > 0 else { return false }
    var entry = pollfd(fd: handle, events: Int16(events), revents: 0)
    return poll(&entry, 1, Int32(milliseconds)) == 1
  }
}

import Foundation
import Synchronization

/// Loopback addresses and ports that nobody else uses.
enum Addresses {
  private static let count = Atomic<Int>(0)

  /// An address of our own in 127/8: by process number, and another for each server of this process.
  static func next() -> String {
    let number = count.add(1, ordering: .relaxed).newValue
    let process = Int(getpid())
    return "127.\(128 + number % 100).\(process / 250 % 250 + 1).\(process % 250 + 1)"
  }

  /// A port that is free at an address now.
  static func freePort(at address: String) throws -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, address, &name.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(fd, generic, length) == 0 ? getsockname(fd, generic, &length) : -1
      }
    }
    guard status == 0 else { throw ServerFailure.failed("no port at \(address): \(String(cString: strerror(errno)))") }
    return Int(UInt16(bigEndian: name.sin_port))
  }

  /// Whether something listens there.
  static func accepts(_ address: String, _ port: Int) -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, address, &name.sin_addr)
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        connect(fd, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

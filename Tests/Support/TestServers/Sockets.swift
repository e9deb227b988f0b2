import Foundation

/// Blocking sockets. Who gets one closes it.
public enum Sockets {
  /// A socket that listens on a free port.
  public static func listen(_ address: String) throws -> (fd: Int32, port: Int) {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = name(address, 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(fd, generic, length) == 0 && Glibc.listen(fd, 8) == 0 ? getsockname(fd, generic, &length) : -1
      }
    }
    guard status == 0 else {
      let reason = String(cString: strerror(errno))
      close(fd)
      throw ServerFailure.failed("no listener at \(address): \(reason)")
    }
    return (fd, Int(UInt16(bigEndian: name.sin_port)))
  }

  /// nil when nobody listens there.
  public static func connect(_ address: String, _ port: Int) -> Int32? {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = name(address, port)
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(fd, $0, length) }
    }
    if status == 0 { return fd }
    close(fd)
    return nil
  }

  private static func name(_ address: String, _ port: Int) -> sockaddr_in {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, address, &name.sin_addr)
    return name
  }
}

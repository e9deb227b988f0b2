import Foundation
import Synchronization

/// Loopback addresses and ports that nobody else uses.
public enum Addresses {
  private static let count = Atomic<Int>(0)

  /// An address of our own in 127/8: by process number, and another for each server of this process.
  public static func next() -> String {
    let number = count.add(1, ordering: .relaxed).newValue
    let process = Int(getpid())
    return "127.\(28 + number % 200).\(process / 250 % 250 + 1).\(process % 250 + 1)"
  }

  /// A port that is free at an address now.
  static func freePort(at address: String) throws -> Int {
    let (fd, port) = try Sockets.listen(address)
    close(fd)
    return port
  }

  /// Whether something listens there.
  static func accepts(_ address: String, _ port: Int) -> Bool {
    guard let fd = Sockets.connect(address, port) else { return false }
    close(fd)
    return true
  }
}

import Foundation
import Synchronization

/// Loopback addresses and ports that nobody else uses.
public enum Addresses {
  private static let count = Atomic<Int>(0)

  /// An address of our own in 127.28.0.0 to 127.63.255.255, below those of labs: 200 for a process, by its number, each
  /// for another of its servers. Some listen on a port that is always the same.
  public static func next() -> String {
    let number = count.add(1, ordering: .relaxed).newValue
    let place = (Int(getpid()) * 200 + number % 200) % (36 * 250 * 250)
    return "127.\(28 + place / 62_500).\(place / 250 % 250 + 1).\(place % 250 + 1)"
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

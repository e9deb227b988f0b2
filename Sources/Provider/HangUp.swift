import Glibc
import NIOCore

/// Whether a caller has hung up, as the kernel knows it: HTTP/1 servers don't look before they answer.
enum HangUp {
  /// Whether the peer of this connection has closed its side; false when that can't be known.
  static func happened(on channel: any Channel) async -> Bool {
    guard channel.isActive else { return true }
    guard let socket = channel as? any SocketOptionProvider,
      let info = try? await socket.getTCPInfo().get()
    else { return false }
    // 1 is TCP_ESTABLISHED. A peer that only stopped sending is not told from one that is gone.
    return info.tcpi_state != 1
  }
}

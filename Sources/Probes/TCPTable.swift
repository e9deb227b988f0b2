/// The kernel's tables of IPv4 TCP sockets, `/proc/PID/net/tcp` (proc(5)).
enum TCPTable {
  static let established = 0x01
  static let listen = 0x0A

  struct Row: Equatable {
    /// `address:port`
    var local: String
    /// `address:port`
    var remote: String
    var state: Int
    var inode: UInt64
  }

  /// What the networks that these processes are in know, each network once: a container has one of its own. A process
  /// that doesn't show its network counts as one of ours.
  static func rows(seenBy pids: some Sequence<Int32>) -> [Row] {
    let own = ProcFile.link("/proc/self/ns/net") ?? ""
    var tables: [String: String] = [:]
    for pid in pids {
      let network = ProcFile.link("/proc/\(pid)/ns/net") ?? own
      // Our own table is there even when the process has ended.
      tables[network] = network == own ? "/proc/self/net/tcp" : "/proc/\(pid)/net/tcp"
    }
    return tables.values.flatMap { parse(ProcFile.text($0) ?? "") }
  }

  static func parse(_ table: String) -> [Row] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard fields.count > 9, let local = authority(fields[1]), let remote = authority(fields[2]),
        let state = Int(fields[3], radix: 16), let inode = UInt64(fields[9])
      else { return nil }
      return Row(local: local, remote: remote, state: state, inode: inode)
    }
  }

  // `0100007F:1F90` is 127.0.0.1:8080: the address is printed as a little-endian word, the port is not.
  private static func authority(_ text: Substring) -> String? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let word = UInt32(parts[0], radix: 16), let port = UInt16(parts[1], radix: 16) else {
      return nil
    }
    let bytes = [word & 0xFF, (word >> 8) & 0xFF, (word >> 16) & 0xFF, word >> 24]
    return bytes.map(String.init).joined(separator: ".") + ":\(port)"
  }
}

import Foundation

/// Where this machine sends packets: `/proc/net/route` (proc(5)).
enum NetworkRoutes {
  /// Whether a route other than the default one leads into the /16 that begins with `network`, or contains it.
  static func use(_ network: String) -> Bool {
    use(network, table: (try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)) ?? "")
  }

  static func use(_ network: String, table: String) -> Bool {
    let bytes = network.split(separator: ".").compactMap { UInt32($0) }
    guard bytes.count == 4 else { return false }
    let first = bytes.reduce(0) { $0 << 8 | $1 }
    return table.split(separator: "\n").dropFirst().contains { line in
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard fields.count > 7, let target = UInt32(fields[1], radix: 16)?.byteSwapped,
        let mask = UInt32(fields[7], radix: 16)?.byteSwapped, mask != 0
      else { return false }
      let common = mask & 0xFFFF_0000
      return target & common == first & common
    }
  }
}

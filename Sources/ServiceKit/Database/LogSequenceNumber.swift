public import Clients

/// A place in Postgres' write-ahead log, as its type `pg_lsn` has it: `16/B374D848`.
public struct LogSequenceNumber: Hashable, Comparable, Sendable, LosslessStringConvertible {
  /// Bytes since the log began.
  public var position: UInt64

  /// The place that many bytes after the log's beginning.
  public init(position: UInt64) {
    self.position = position
  }

  /// Reads two hexadecimal numbers of 1 to 8 digits with a slash between; nil when the text is anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let high = Self.hexadecimal(parts[0], digits: 1...8),
      let low = Self.hexadecimal(parts[1], digits: 1...8)
    else { return nil }
    position = high << 32 | low
  }

  /// As Postgres writes it.
  public var description: String {
    let high = String(position >> 32, radix: 16, uppercase: true)
    return "\(high)/\(String(position & 0xFFFF_FFFF, radix: 16, uppercase: true))"
  }

  /// The earlier place is the lesser.
  public static func < (left: Self, right: Self) -> Bool { left.position < right.position }

  /// The place that a replica reports when it has applied everything before this one.
  ///
  /// The next record will stand behind the header of its page (24 bytes), but the last one ended before it. A replica
  /// tells the end of the last record: waiting for the other would be waiting for somebody else's write.
  var endOfLastRecord: Self {
    position % 8192 == 24 ? Self(position: position - 24) : self
  }

  /// `Int` would also take a sign.
  static func hexadecimal(_ text: some StringProtocol, digits: ClosedRange<Int>) -> UInt64? {
    guard digits.contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
    return UInt64(text, radix: 16)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }
}

extension LogSequenceNumber: PostgresEncodable {
  /// Inferred by the server, where the statement says `::pg_lsn`.
  public static var postgresType: PostgresType { String.postgresType }
  /// As Postgres writes it.
  public var postgresText: String? { description }
}

import NIOCore

/// What stands under a key of the cache.
///
/// A plain entry is the JSON itself, and Redis alone knows when it ends. An entry in an envelope says in a header when
/// it expires and how long it took to make, in milliseconds: `v1;<expiry>;<delta>;<length>;` and then the JSON. An
/// envelope with nothing in it says that there is no such thing. Anything else is not an entry: a key that somebody
/// else wrote, or half of one, must never be shown to a user.
struct CacheEntry: Sendable, Equatable {
  /// The JSON; nil: there is no such thing.
  var body: ByteBuffer?
  /// When it stops being fresh, in milliseconds since 1970; nil: when Redis drops it.
  var expiry: Int64?
  /// How long it took to make, in milliseconds.
  var delta: Int64 = 0

  /// A plain entry.
  init(_ body: ByteBuffer) {
    self.body = body
  }

  /// An entry that knows when it expires.
  init(_ body: ByteBuffer?, expiry: Int64, delta: Int64) {
    self.body = body
    self.expiry = expiry
    self.delta = delta
  }

  /// Whether it is fresh.
  func isFresh(at now: Int64) -> Bool { expiry.map { now < $0 } ?? true }

  private static let brace = UInt8(ascii: "{")
  private static let closingBrace = UInt8(ascii: "}")
  private static let mark: [UInt8] = Array("v1;".utf8)
  private static let separator = UInt8(ascii: ";")

  /// Reads what Redis holds; nil when it isn't an entry.
  init?(bytes: [UInt8]) {
    if bytes.first == Self.brace {
      guard bytes.last == Self.closingBrace else { return nil }
      self.init(ByteBuffer(bytes: bytes))
      return
    }
    guard bytes.starts(with: Self.mark) else { return nil }
    var rest = bytes[Self.mark.count...]
    guard let expiry = Self.number(in: &rest), let delta = Self.number(in: &rest),
      let length = Self.number(in: &rest), length == rest.count
    else { return nil }
    if rest.isEmpty {
      self.init(nil, expiry: expiry, delta: delta)
      return
    }
    guard rest.first == Self.brace, rest.last == Self.closingBrace else { return nil }
    self.init(ByteBuffer(bytes: rest), expiry: expiry, delta: delta)
  }

  /// What Redis shall hold.
  var bytes: [UInt8] {
    let content = body.map { Array($0.readableBytesView) } ?? []
    guard let expiry else { return content }
    return Array("v1;\(expiry);\(delta);\(content.count);".utf8) + content
  }

  /// Takes a number and the separator behind it.
  private static func number(in bytes: inout ArraySlice<UInt8>) -> Int64? {
    // 15 digits are enough for thirty thousand years.
    guard let end = bytes.prefix(16).firstIndex(of: separator), end > bytes.startIndex else { return nil }
    var number: Int64 = 0
    for byte in bytes[bytes.startIndex..<end] {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int64(byte - 0x30)
    }
    bytes = bytes[(end + 1)...]
    return number
  }
}

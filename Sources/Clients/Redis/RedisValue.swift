/// A reply of Redis.
public enum RedisValue: Sendable, Hashable {
  /// No such key, or an aborted transaction.
  case null
  /// A short status such as `OK`.
  case status(String)
  /// An error inside an array (one that is the whole reply is thrown).
  case error(String)
  /// An integer.
  case integer(Int)
  /// Bytes of any kind.
  case bulk([UInt8])
  /// Several replies.
  case array([RedisValue])

  /// The text of a status or of bytes that are UTF-8; nil for all else.
  public var string: String? {
    switch self {
    case .status(let text): text
    case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The bytes; nil for all else.
  public var bytes: [UInt8]? {
    if case .bulk(let bytes) = self { bytes } else { nil }
  }

  /// The integer, also when written as text; nil for all else.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { string.flatMap(Int.init) }
  }

  /// The elements; nil for all else.
  public var array: [RedisValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// Whether it is null.
  public var isNull: Bool { self == .null }

  /// What kind of reply it is, for messages: never the content.
  var kind: String {
    switch self {
    case .null: "null"
    case .status: "a status"
    case .error: "an error"
    case .integer: "an integer"
    case .bulk: "bytes"
    case .array: "an array"
    }
  }
}

/// One word of a command: text or bytes.
public struct RedisArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByIntegerLiteral
{
  let bytes: [UInt8]

  /// Bytes as they are.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  /// The text's UTF-8.
  public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }
  /// Decimal digits.
  public init(_ number: some BinaryInteger) { bytes = Array(String(number).utf8) }
  /// The text's UTF-8.
  public init(stringLiteral value: String) { self.init(value) }
  /// Decimal digits.
  public init(integerLiteral value: Int) { self.init(value) }
}

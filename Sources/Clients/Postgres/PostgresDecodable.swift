#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A Swift type that a column can be read as.
public protocol PostgresDecodable {
  /// Reads the value, or throws `.typeMismatch` or `.unexpectedNull` naming the column.
  static func decode(_ cell: PostgresCell) throws -> Self
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  /// nil for NULL.
  public static func decode(_ cell: PostgresCell) throws -> Self { cell.isNull ? nil : try Wrapped.decode(cell) }
}

extension String: PostgresDecodable {
  /// text, varchar, char, name, uuid, json, enums and other types that have no Swift type here.
  public static func decode(_ cell: PostgresCell) throws -> Self {
    if cell.type.isNotText { throw cell.mismatch(String.self) }
    return try cell.read(as: String.self) { String(decoding: $0, as: UTF8.self) }
  }
}

extension Bool: PostgresDecodable {
  /// bool
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.bool], as: Bool.self) { bytes in
      switch bytes.first {
      case UInt8(ascii: "t"): true
      case UInt8(ascii: "f"): false
      default: nil
      }
    }
  }
}

extension FixedWidthInteger {
  /// Decimal digits with an optional minus; nil when anything else is there or it does not fit.
  init?(postgresDigits bytes: UnsafeBufferPointer<UInt8>) {
    var index = 0
    let negative = bytes.first == UInt8(ascii: "-")
    if negative { index = 1 }
    guard index < bytes.count else { return nil }
    var value: Self = 0
    while index < bytes.count {
      guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Self(truncatingIfNeeded: bytes[index] - 48)
      // Downwards for negative numbers, because the smallest has no positive counterpart.
      let (sum, carry) =
        negative
        ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || carry { return nil }
      value = sum
      index += 1
    }
    self = value
  }

  static func decodeInteger(_ cell: PostgresCell) throws -> Self {
    switch cell.type {
    case .int8, .int4, .int2, .oid: return try cell.read(as: Self.self) { Self(postgresDigits: $0) }
    default: throw cell.mismatch(Self.self)
    }
  }
}

extension Int: PostgresDecodable {
  /// bigint, int, smallint, oid
  public static func decode(_ cell: PostgresCell) throws -> Self { try decodeInteger(cell) }
}

extension Int64: PostgresDecodable {
  /// bigint, int, smallint, oid
  public static func decode(_ cell: PostgresCell) throws -> Self { try decodeInteger(cell) }
}

extension Int32: PostgresDecodable {
  /// bigint, int, smallint, oid, when the value fits.
  public static func decode(_ cell: PostgresCell) throws -> Self { try decodeInteger(cell) }
}

extension Double: PostgresDecodable {
  /// double precision, real
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.float8, .float4], as: Double.self) { Double(String(decoding: $0, as: UTF8.self)) }
  }
}

extension UUID: PostgresDecodable {
  /// uuid
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.uuid], as: UUID.self) { UUID(uuidString: String(decoding: $0, as: UTF8.self)) }
  }
}

extension Date: PostgresDecodable {
  /// timestamptz, to the microsecond; infinity is the distant future.
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.timestamptz], as: Date.self) { PostgresTimestamp.date(from: $0) }
  }
}

extension PostgresNumeric: PostgresDecodable {
  /// numeric
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.numeric], as: PostgresNumeric.self) { PostgresNumeric(String(decoding: $0, as: UTF8.self)) }
  }
}

extension Decimal: PostgresDecodable {
  /// numeric with at most 38 digits; longer ones are refused, never rounded: use `PostgresNumeric`.
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.numeric], as: Decimal.self) { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      guard let exact = PostgresNumeric(text), exact.isFinite, exact.whole.utf8.count + exact.scale <= 38 else {
        return nil
      }
      return Decimal(string: text)
    }
  }
}

extension PostgresJSON: PostgresDecodable {
  /// jsonb, json
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read([.jsonb, .json], as: PostgresJSON.self) { PostgresJSON(text: String(decoding: $0, as: UTF8.self)) }
  }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
  /// One-dimensional arrays of text or integers; NULL elements need an optional element type.
  public static func decode(_ cell: PostgresCell) throws -> Self {
    try cell.read(Element.readableArrayTypes, as: [Element].self) { bytes in
      guard let texts = PostgresArrayText.read(bytes) else { return nil }
      var elements: [Element] = []
      elements.reserveCapacity(texts.count)
      for text in texts {
        guard let element = Element(postgresElement: text) else { return nil }
        elements.append(element)
      }
      return elements
    }
  }
}

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A Swift value that can be bound.
public protocol PostgresEncodable {
  /// The type that the server is told.
  static var postgresType: PostgresType { get }
  /// The value in Postgres' text form; nil is NULL.
  var postgresText: String? { get }
}

extension PostgresEncodable {
  /// Type and text as one bind.
  public var postgresValue: PostgresValue { PostgresValue(type: Self.postgresType, text: postgresText) }
}

extension String: PostgresEncodable {
  /// Inferred by the server: text, uuid, date, an enum ...
  public static var postgresType: PostgresType { .inferred }
  /// The string itself.
  public var postgresText: String? { self }
}

extension Substring: PostgresEncodable {
  /// As for `String`.
  public static var postgresType: PostgresType { .inferred }
  /// The text.
  public var postgresText: String? { String(self) }
}

extension Bool: PostgresEncodable {
  /// bool
  public static var postgresType: PostgresType { .bool }
  /// `t` or `f`.
  public var postgresText: String? { self ? "t" : "f" }
}

extension Int: PostgresEncodable {
  /// bigint
  public static var postgresType: PostgresType { .int8 }
  /// Decimal digits.
  public var postgresText: String? { String(self) }
}

extension Int64: PostgresEncodable {
  /// bigint
  public static var postgresType: PostgresType { .int8 }
  /// Decimal digits.
  public var postgresText: String? { String(self) }
}

extension Int32: PostgresEncodable {
  /// int
  public static var postgresType: PostgresType { .int4 }
  /// Decimal digits.
  public var postgresText: String? { String(self) }
}

extension Int16: PostgresEncodable {
  /// smallint
  public static var postgresType: PostgresType { .int2 }
  /// Decimal digits.
  public var postgresText: String? { String(self) }
}

extension Double: PostgresEncodable {
  /// double precision
  public static var postgresType: PostgresType { .float8 }
  /// The shortest digits that give the same number back.
  public var postgresText: String? { isNaN ? "NaN" : isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : "\(self)" }
}

extension UUID: PostgresEncodable {
  /// uuid
  public static var postgresType: PostgresType { .uuid }
  /// 36 characters.
  public var postgresText: String? { uuidString }
}

extension Date: PostgresEncodable {
  /// timestamptz
  public static var postgresType: PostgresType { .timestamptz }
  /// ISO 8601 in UTC, rounded to the microsecond.
  public var postgresText: String? { PostgresTimestamp.text(of: self) }
}

extension Decimal: PostgresEncodable {
  /// numeric
  public static var postgresType: PostgresType { .numeric }
  /// All digits.
  public var postgresText: String? { description }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
  /// That of the value.
  public static var postgresType: PostgresType { Wrapped.postgresType }
  /// nil is NULL.
  public var postgresText: String? { flatMap(\.postgresText) }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
  /// The array type of the element.
  public static var postgresType: PostgresType { Element.postgresArrayType }
  /// The array literal, for instance `{1,2,NULL}`.
  public var postgresText: String? { PostgresArrayText.write(map(\.postgresText)) }
}

/// An element of a Postgres array, in both directions; an optional one may be NULL.
public protocol PostgresArrayElement: PostgresEncodable {
  /// The array's own type.
  static var postgresArrayType: PostgresType { get }
  /// Types of columns that can be read as an array of this.
  static var readableArrayTypes: Set<PostgresType> { get }
  /// From the element's text (nil: NULL); nil when it cannot be.
  init?(postgresElement text: String?)
}

extension String: PostgresArrayElement {
  /// text[]
  public static var postgresArrayType: PostgresType { .textArray }
  /// text[] and varchar[]
  public static var readableArrayTypes: Set<PostgresType> { [.textArray, .varcharArray] }
  /// Refuses NULL.
  public init?(postgresElement text: String?) {
    guard let text else { return nil }
    self = text
  }
}

extension Int: PostgresArrayElement {
  /// bigint[]
  public static var postgresArrayType: PostgresType { .int8Array }
  /// bigint[], int[] and smallint[]
  public static var readableArrayTypes: Set<PostgresType> { [.int8Array, .int4Array, .int2Array] }
  /// Refuses NULL.
  public init?(postgresElement text: String?) {
    guard let text else { return nil }
    self.init(text)
  }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
  /// That of the value.
  public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
  /// Those of the value.
  public static var readableArrayTypes: Set<PostgresType> { Wrapped.readableArrayTypes }
  /// nil for NULL.
  public init?(postgresElement text: String?) {
    guard let text else {
      self = .none
      return
    }
    guard let value = Wrapped(postgresElement: text) else { return nil }
    self = .some(value)
  }
}

/// One bind of a statement: a type and the value as Postgres writes it, or NULL.
public struct PostgresValue: Sendable, Hashable, CustomStringConvertible {
  /// What the server is told the value is.
  public var type: PostgresType
  /// The value in Postgres' text form; nil is NULL.
  public var text: String?

  /// A value in Postgres' text form, for types that this module does not know.
  public init(type: PostgresType, text: String?) {
    self.type = type
    self.text = text
  }

  /// The bind for a Swift value.
  public init(_ value: some PostgresEncodable) { self = value.postgresValue }

  /// NULL, its type inferred by the server.
  public static let null = PostgresValue(type: .inferred, text: nil)
  /// Text; its type is inferred, so that it fits text, uuid, date and enums alike.
  public static func text(_ value: String) -> Self { Self(type: .inferred, text: value) }
  /// A bigint.
  public static func int(_ value: Int) -> Self { Self(value) }

  /// The type only: a value may be secret.
  public var description: String { text == nil ? "NULL" : "\(type) value" }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  /// Text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A bigint.
  public init(integerLiteral value: Int) { self.init(value) }
  /// A bool.
  public init(booleanLiteral value: Bool) { self.init(value) }
  /// NULL.
  public init(nilLiteral: ()) { self = .null }
}

/// A column's or bind's type, by its object identifier in `pg_type`.
public struct PostgresType: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
  /// The object identifier; 0 lets the server infer the type.
  public var rawValue: UInt32

  /// Wraps any object identifier, also one of a type that this module does not name.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Left to the server to infer; what a plain `String` bind uses, so that it also fits uuid, date or an enum.
  public static let inferred = PostgresType(rawValue: 0)
  /// true or false.
  public static let bool = PostgresType(rawValue: 16)
  /// Bytes.
  public static let bytea = PostgresType(rawValue: 17)
  /// 63-byte names of the catalogue.
  public static let name = PostgresType(rawValue: 19)
  /// 64-bit integer (bigint).
  public static let int8 = PostgresType(rawValue: 20)
  /// 16-bit integer (smallint).
  public static let int2 = PostgresType(rawValue: 21)
  /// 32-bit integer.
  public static let int4 = PostgresType(rawValue: 23)
  /// Text of any length.
  public static let text = PostgresType(rawValue: 25)
  /// Object identifier.
  public static let oid = PostgresType(rawValue: 26)
  /// JSON kept as written.
  public static let json = PostgresType(rawValue: 114)
  /// 32-bit floating point.
  public static let float4 = PostgresType(rawValue: 700)
  /// 64-bit floating point.
  public static let float8 = PostgresType(rawValue: 701)
  /// Array of bool.
  public static let boolArray = PostgresType(rawValue: 1000)
  /// Array of smallint.
  public static let int2Array = PostgresType(rawValue: 1005)
  /// Array of int.
  public static let int4Array = PostgresType(rawValue: 1007)
  /// Array of text.
  public static let textArray = PostgresType(rawValue: 1009)
  /// Array of varchar.
  public static let varcharArray = PostgresType(rawValue: 1015)
  /// Array of bigint.
  public static let int8Array = PostgresType(rawValue: 1016)
  /// Text padded with blanks.
  public static let bpchar = PostgresType(rawValue: 1042)
  /// Text with a limit.
  public static let varchar = PostgresType(rawValue: 1043)
  /// A day.
  public static let date = PostgresType(rawValue: 1082)
  /// Date and time without a zone.
  public static let timestamp = PostgresType(rawValue: 1114)
  /// A moment (timestamp with time zone).
  public static let timestamptz = PostgresType(rawValue: 1184)
  /// Exact decimal.
  public static let numeric = PostgresType(rawValue: 1700)
  /// UUID.
  public static let uuid = PostgresType(rawValue: 2950)
  /// JSON in its binary form.
  public static let jsonb = PostgresType(rawValue: 3802)

  /// The name that SQL uses, or `oid N`.
  public var description: String { Self.names[rawValue] ?? "oid \(rawValue)" }

  private static let names: [UInt32: String] = [
    0: "inferred", 16: "bool", 17: "bytea", 19: "name", 20: "bigint", 21: "smallint", 23: "int", 25: "text", 26: "oid",
    114: "json", 700: "real", 701: "double precision", 1000: "bool[]", 1005: "smallint[]", 1007: "int[]",
    1009: "text[]", 1015: "varchar[]", 1016: "bigint[]", 1042: "char", 1043: "varchar", 1082: "date",
    1114: "timestamp", 1184: "timestamptz", 1700: "numeric", 2950: "uuid", 3802: "jsonb",
  ]

  /// Types whose text is a value of another Swift type: decoding them as `String` is most likely a mistake.
  var isNotText: Bool {
    switch self {
    case .bool, .bytea, .int8, .int2, .int4, .oid, .float4, .float8, .boolArray, .int2Array, .int4Array, .textArray,
      .varcharArray, .int8Array, .date, .timestamp, .timestamptz, .numeric:
      true
    default: false
    }
  }
}

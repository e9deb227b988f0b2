/// SQL with its binds. Values put into the literal become binds, never text: injection is not possible by accident.
///
/// ```swift
/// let query: PostgresQuery = "SELECT price_cents FROM products WHERE sku = \(sku)"  // ... WHERE sku = $1
/// ```
public struct PostgresQuery: Sendable, Hashable {
  /// The statement with placeholders `$1`, `$2` ...
  public var sql: String
  /// The values of the placeholders, in order.
  public var binds: [PostgresValue]

  /// A statement with placeholders, for instance loaded from a file.
  public init(sql: String, binds: [PostgresValue] = []) {
    self.sql = sql
    self.binds = binds
  }
}

extension PostgresQuery: ExpressibleByStringInterpolation {
  /// A statement without binds.
  public init(stringLiteral value: String) { self.init(sql: value) }

  /// A statement with a bind for each interpolated value.
  public init(stringInterpolation: StringInterpolation) {
    self.init(sql: stringInterpolation.sql, binds: stringInterpolation.binds)
  }

  /// Collects the text and the binds.
  public struct StringInterpolation: StringInterpolationProtocol, Sendable {
    var sql = ""
    var binds: [PostgresValue] = []

    /// Reserves room for the text.
    public init(literalCapacity: Int, interpolationCount: Int) {
      sql.reserveCapacity(literalCapacity + interpolationCount * 3)
      binds.reserveCapacity(interpolationCount)
    }

    /// Text of the statement.
    public mutating func appendLiteral(_ literal: String) { sql += literal }

    /// A value, which becomes the next placeholder.
    public mutating func appendInterpolation(_ value: some PostgresEncodable) { append(value.postgresValue) }

    /// A value or NULL, which becomes the next placeholder.
    public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) { append(value.postgresValue) }

    /// A ready bind.
    public mutating func appendInterpolation(_ value: PostgresValue) { append(value) }

    /// Text that goes into the statement as it is: identifiers from the program, never from a user.
    public mutating func appendInterpolation(unescaped text: String) { sql += text }

    private mutating func append(_ value: PostgresValue) {
      binds.append(value)
      sql += "$\(binds.count)"
    }
  }
}

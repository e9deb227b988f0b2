/// One row of a result; it keeps the result's memory alive.
public struct PostgresRow: Sendable {
  let storage: ResultStorage
  let index: Int

  /// Names and types.
  public var columns: [PostgresColumn] { storage.columns }

  /// The value of a column by its name (the first of that name).
  public func decode<T: PostgresDecodable>(_ name: String, as type: T.Type = T.self) throws -> T {
    guard let column = (0..<storage.columnCount).first(where: { storage.name(of: $0) == name }) else {
      let names = storage.columns.map(\.name).joined(separator: ", ")
      throw PostgresError(code: .notFound, message: "no column \"\(name)\" among: \(names)")
    }
    return try T.decode(PostgresCell(storage: storage, row: index, column: column))
  }

  /// The value of a column by its position, from 0.
  public func decode<T: PostgresDecodable>(at column: Int, as type: T.Type = T.self) throws -> T {
    guard column >= 0, column < storage.columnCount else {
      throw PostgresError(code: .notFound, message: "no column at \(column): the result has \(storage.columnCount)")
    }
    return try T.decode(PostgresCell(storage: storage, row: index, column: column))
  }

  /// All columns in order: `let (sku, price) = try row.decode((String, Int).self)`. The numbers must agree.
  public func decode<each T: PostgresDecodable>(_ type: (repeat each T).Type) throws -> (repeat each T) {
    var wanted = 0
    for _ in repeat (each T).self { wanted += 1 }
    guard wanted == storage.columnCount else {
      throw PostgresError(
        code: .typeMismatch, message: "the result has \(storage.columnCount) columns, asked for \(wanted)")
    }
    var column = 0
    return try (repeat next((each T).self, &column))
  }

  /// The only column: `let count = try row.decode(Int.self)`.
  public func decode<T: PostgresDecodable>(_ type: T.Type) throws -> T {
    guard storage.columnCount == 1 else {
      throw PostgresError(code: .typeMismatch, message: "the result has \(storage.columnCount) columns, asked for 1")
    }
    return try decode(at: 0)
  }

  /// A column's value as the server wrote it, whatever its type; nil is NULL.
  public func text(at column: Int) -> String? {
    precondition(column >= 0 && column < storage.columnCount, "column \(column) of \(storage.columnCount)")
    return PostgresCell(storage: storage, row: index, column: column).text
  }

  private func next<T: PostgresDecodable>(_ type: T.Type, _ column: inout Int) throws -> T {
    defer { column += 1 }
    return try T.decode(PostgresCell(storage: storage, row: index, column: column))
  }
}

/// One value of a row, as the server wrote it.
public struct PostgresCell: Sendable {
  let storage: ResultStorage
  let row: Int
  let columnIndex: Int

  init(storage: ResultStorage, row: Int, column: Int) {
    self.storage = storage
    self.row = row
    self.columnIndex = column
  }

  /// Name and type.
  public var column: PostgresColumn { PostgresColumn(name: storage.name(of: columnIndex), type: type) }
  /// The type alone.
  public var type: PostgresType { storage.type(of: columnIndex) }
  /// Whether it is NULL.
  public var isNull: Bool { storage.bytes(row: row, column: columnIndex) == nil }
  /// The text form; nil is NULL.
  public var text: String? {
    storage.bytes(row: row, column: columnIndex).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Lends the bytes of the text form; nil when NULL. They are valid only inside the closure.
  public func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
    guard let bytes = storage.bytes(row: row, column: columnIndex) else { return nil }
    return try withExtendedLifetime(storage) { try body(bytes) }
  }

  /// The error for a column of the wrong type or content: it names column, type and what was asked, never the value.
  public func mismatch(_ asked: any Any.Type, _ reason: String = "") -> PostgresError {
    PostgresError(
      code: .typeMismatch,
      message: "column \"\(column.name)\" is \(column.type), asked for \(asked)\(reason.isEmpty ? "" : ": " + reason)")
  }

  /// The bytes' value, or an error when the type is not among `types`, NULL, or malformed.
  func read<T>(_ types: Set<PostgresType>, as type: T.Type, _ body: (UnsafeBufferPointer<UInt8>) -> T?) throws -> T {
    guard types.contains(self.type) else { throw mismatch(type) }
    return try read(as: type, body)
  }

  func read<T>(as type: T.Type, _ body: (UnsafeBufferPointer<UInt8>) -> T?) throws -> T {
    guard let bytes = storage.bytes(row: row, column: columnIndex) else {
      throw PostgresError(
        code: .unexpectedNull, message: "column \"\(column.name)\" is NULL, asked for \(type) and not \(type)?")
    }
    guard let value = withExtendedLifetime(storage, { body(bytes) }) else {
      throw mismatch(type, "the value does not fit")
    }
    return value
  }
}

internal import CLibPQ

/// Name and type of a result's column.
public struct PostgresColumn: Sendable, Hashable {
  /// As in the statement; two columns may share one.
  public var name: String
  /// The type by object identifier.
  public var type: PostgresType
}

/// The rows of one statement. The memory is libpq's own and is freed with the last copy of it or of its rows.
public struct PostgresResult: Sendable, RandomAccessCollection {
  let storage: ResultStorage

  /// 0.
  public var startIndex: Int { 0 }
  /// The number of rows.
  public var endIndex: Int { storage.rowCount }
  /// One row.
  public subscript(position: Int) -> PostgresRow {
    precondition(position >= 0 && position < storage.rowCount, "row \(position) of \(storage.rowCount)")
    return PostgresRow(storage: storage, index: position)
  }

  /// Names and types.
  public var columns: [PostgresColumn] { storage.columns }
  /// What the server says it did, for instance `UPDATE 2`.
  public var commandTag: String { storage.commandTag }
  /// Rows inserted, updated, deleted, selected; 0 when the statement does not count any.
  public var affectedRows: Int { storage.affectedRows }

  /// The only column of every row.
  public func decode<T: PostgresDecodable>(_ type: T.Type) throws -> [T] { try map { try $0.decode(type) } }

  /// Every row as a tuple: `result.decode((String, Int).self)`.
  public func decode<each T: PostgresDecodable>(_ type: (repeat each T).Type) throws -> [(repeat each T)] {
    var rows: [(repeat each T)] = []
    rows.reserveCapacity(count)
    for row in self { rows.append(try row.decode(type)) }
    return rows
  }
}

/// Owns one PGresult.
///
/// @unchecked: a PGresult is not changed after libpq has handed it out; all that is used of it here only reads, and
/// `deinit` runs when nobody else holds it.
final class ResultStorage: @unchecked Sendable {
  let raw: OpaquePointer
  let rowCount: Int
  let columnCount: Int

  init(owning raw: OpaquePointer) {
    self.raw = raw
    rowCount = Int(PQntuples(raw))
    columnCount = Int(PQnfields(raw))
  }

  deinit { PQclear(raw) }

  /// Made when somebody asks: most readers know the names.
  var columns: [PostgresColumn] { (0..<columnCount).map { PostgresColumn(name: name(of: $0), type: type(of: $0)) } }

  func name(of column: Int) -> String { PQfname(raw, Int32(column)).map { String(cString: $0) } ?? "" }

  func type(of column: Int) -> PostgresType { PostgresType(rawValue: PQftype(raw, Int32(column))) }

  var commandTag: String { PQcmdStatus(raw).map { String(cString: $0) } ?? "" }
  var affectedRows: Int { PQcmdTuples(raw).flatMap { Int(String(cString: $0)) } ?? 0 }

  /// nil is NULL.
  func bytes(row: Int, column: Int) -> UnsafeBufferPointer<UInt8>? {
    guard PQgetisnull(raw, Int32(row), Int32(column)) == 0, let value = PQgetvalue(raw, Int32(row), Int32(column))
    else {
      return nil
    }
    let length = Int(PQgetlength(raw, Int32(row), Int32(column)))
    return UnsafeRawBufferPointer(start: value, count: length).assumingMemoryBound(to: UInt8.self)
  }
}

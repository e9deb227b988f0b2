/// A statement in the form that libpq takes, made on the caller's thread so that the reactor has less to do.
struct EncodedQuery: Sendable {
  /// The most bytes of a message that the server takes: `PQ_LARGE_MESSAGE_LIMIT` in its source, 1 GiB less two bytes.
  static let largestMessage = 0x3fff_fffe
  static let mostBinds = 65_535

  let sql: String
  let types: [UInt32]
  /// All values, each closed by a NUL byte.
  let values: [UInt8]
  /// Where each value begins in `values`; nil is NULL.
  let offsets: [Int?]

  /// - Parameter largestMessage: what SQL, values and the protocol's share of a statement may take together, in bytes.
  /// - Throws: `.invalidValue` for a NUL byte, a statement of about 1 GiB, or too many binds. A value is never quoted.
  init(_ query: PostgresQuery, largestMessage: Int = EncodedQuery.largestMessage) throws {
    guard query.binds.count <= Self.mostBinds else {
      throw PostgresError(
        code: .invalidValue, message: "\(query.binds.count) binds; a statement takes at most \(Self.mostBinds)")
    }
    // Before anything is read or copied. The server would drop the connection over it.
    let size = Self.size(query)
    guard size <= largestMessage else {
      throw PostgresError(
        code: .invalidValue,
        message: "the statement takes \(size) bytes with its values; Postgres takes at most \(largestMessage)")
    }
    guard !query.sql.utf8.contains(0) else {
      throw PostgresError(code: .invalidValue, message: "the statement contains a NUL byte, which Postgres cannot hold")
    }
    var types: [UInt32] = []
    var values: [UInt8] = []
    var offsets: [Int?] = []
    types.reserveCapacity(query.binds.count)
    offsets.reserveCapacity(query.binds.count)
    for (index, bind) in query.binds.enumerated() {
      types.append(bind.type.rawValue)
      guard let text = bind.text else {
        offsets.append(nil)
        continue
      }
      let start = values.count
      values.append(contentsOf: text.utf8)
      guard !values[start...].contains(0) else {
        throw PostgresError(
          code: .invalidValue, message: "bind $\(index + 1) contains a NUL byte, which Postgres text cannot hold")
      }
      values.append(0)
      offsets.append(start)
    }
    self.sql = query.sql
    self.types = types
    self.values = values
    self.offsets = offsets
  }

  /// Not less than what any message of the statement takes, in bytes. Parse and Bind carry their own lengths, names and
  /// counts, 62 bytes at most, and a type and a length for each bind (Postgres manual, section 55.7).
  static func size(_ query: PostgresQuery) -> Int {
    query.binds.reduce(64 + query.sql.utf8.count) { $0 + 8 + ($1.text?.utf8.count ?? 0) }
  }

  /// Lends the values as the array of C strings that libpq wants; valid only inside the closure.
  func withValues<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    if offsets.isEmpty { return body(nil) }
    return values.withUnsafeBytes { bytes in
      let pointers = offsets.map { offset in
        offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }
}

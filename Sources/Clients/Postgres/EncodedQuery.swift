/// A statement in the form that libpq takes, made on the caller's thread so that the reactor has less to do.
struct EncodedQuery: Sendable {
  /// 1 GiB less one byte: the server's limit for one value and about that for one message.
  static let largestValue = 0x3fff_ffff
  static let mostBinds = 65_535

  let sql: String
  let types: [UInt32]
  /// All values, each closed by a NUL byte.
  let values: [UInt8]
  /// Where each value begins in `values`; nil is NULL.
  let offsets: [Int?]

  /// - Throws: `.invalidValue` for a NUL byte, a value of 1 GiB or more, or too many binds. The value is never quoted.
  init(_ query: PostgresQuery, largestValue: Int = EncodedQuery.largestValue) throws {
    guard !query.sql.utf8.contains(0) else {
      throw PostgresError(code: .invalidValue, message: "the statement contains a NUL byte, which Postgres cannot hold")
    }
    guard query.binds.count <= Self.mostBinds else {
      throw PostgresError(
        code: .invalidValue, message: "\(query.binds.count) binds; a statement takes at most \(Self.mostBinds)")
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
      let size = text.utf8.count
      guard size <= largestValue, values.count + size <= largestValue else {
        throw PostgresError(
          code: .invalidValue,
          message: "bind $\(index + 1) has \(size) bytes; the values of a statement must stay below 1 GiB")
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

import Clients
import Foundation
import TestServers
import Testing

/// Each type there and back through a real server.
@Suite struct PostgresTypesTests {
  func connection<R>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
    try await withConnection(Shared.configuration(Shared.postgres.value), body)
  }

  @Test func integersAndBools() async throws {
    try await connection { connection in
      let row = try #require(
        try await connection.query("SELECT \(Int.min), \(Int.max), \(Int32.min), \(Int16(-7)), \(true), \(false)").first
      )
      let values = try row.decode((Int, Int64, Int32, Int, Bool, Bool).self)
      #expect(values.0 == .min && values.1 == .max && values.2 == .min && values.3 == -7 && values.4 && !values.5)
      #expect(row.columns.map(\.type) == [.int8, .int8, .int4, .int2, .bool, .bool])
    }
  }

  @Test(arguments: ["", "a", "it's \"quoted\" \\ $1 {x}", "Zoë 🌍 e\u{301}", "line\nbreak\ttab"])
  func text(_ value: String) async throws {
    try await connection { connection in
      let result = try await connection.query("SELECT \(value)::text AS t, length(\(value))")
      let (back, length) = try #require(result.first).decode((String, Int).self)
      #expect(back.unicodeScalars.elementsEqual(value.unicodeScalars))
      #expect(length == value.unicodeScalars.count)
    }
  }

  @Test func nulls() async throws {
    try await connection { connection in
      let none: Int? = nil
      let row = try #require(
        try await connection.query("SELECT \(none) AS a, \(Optional(5)) AS b, \(PostgresValue.null)::text AS c").first)
      #expect(try row.decode("a", as: Int?.self) == nil)
      #expect(try row.decode("b", as: Int?.self) == 5)
      #expect(try row.decode("c", as: String?.self) == nil)
      let error = try await postgresError { _ = try row.decode("a", as: Int.self) }
      #expect(error.code == .unexpectedNull && error.message.contains("\"a\""))
    }
  }

  @Test(arguments: [
    0.0, 1_700_000_000.123456, -1.5, 951_782_400, -5_000_000_000.25, -62_135_596_800, -99_999_999_999, 250_000_000_000,
  ])
  func timestamps(_ seconds: Double) async throws {
    let date = Date(timeIntervalSince1970: seconds)
    for zone in ["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Amsterdam"] {
      try await connection { connection in
        try await connection.simpleQuery("SET TIME ZONE '\(zone)'")
        let row = try #require(try await connection.query("SELECT \(date), extract(epoch FROM \(date))::float8").first)
        let (back, epoch) = try row.decode((Date, Double).self)
        #expect(abs(back.timeIntervalSince1970 - seconds) < 1e-5)
        #expect(abs(epoch - seconds) < 1e-5)
      }
    }
  }

  @Test func otherDateStylesAreRefused() async throws {
    try await connection { connection in
      try await connection.simpleQuery("SET DateStyle = 'German'")
      let row = try #require(try await connection.query("SELECT now() AS moment").first)
      let error = try await postgresError { _ = try row.decode("moment", as: Date.self) }
      #expect(error.code == .typeMismatch && error.message.contains("\"moment\""))
    }
  }

  @Test func jsonb() async throws {
    struct Item: Codable, Equatable { var sku: String, quantity: Int }
    let items = [Item(sku: "SKU-0001", quantity: 2), Item(sku: "a\"b", quantity: 0)]
    try await connection { connection in
      let row = try #require(
        try await connection.query(
          "SELECT \(try PostgresJSON(items)) AS items, \(try PostgresJSON(items)) -> 0 ->> 'sku'"
        ).first)
      #expect(try row.decode("items", as: PostgresJSON.self).decode(as: [Item].self) == items)
      #expect(try row.decode(at: 1, as: String.self) == "SKU-0001")
    }
  }

  @Test(arguments: [
    "0", "1.50", "-0.000000000000000000000000000000000000001",
    "12345678901234567890123456789012345678901234567890.12345", "NaN", "Infinity", "-Infinity",
  ])
  func numerics(_ text: String) async throws {
    try await connection { connection in
      let value = try #require(PostgresNumeric(text))
      let row = try #require(try await connection.query("SELECT \(value) AS n, \(value)::text").first)
      #expect(try row.decode("n", as: PostgresNumeric.self) == value)
      #expect(try row.decode("n", as: PostgresNumeric.self).description == text)
      #expect(try row.decode(at: 1, as: String.self) == text)
    }
  }

  @Test func decimalsUpTo38Digits() async throws {
    try await connection { connection in
      let exact = try #require(Decimal(string: "1234567890123456789012345678.9012345678"))
      let row = try #require(try await connection.query("SELECT \(exact), 1e40::numeric").first)
      #expect(try row.decode(at: 0, as: Decimal.self) == exact)
      #expect(try await postgresError { _ = try row.decode(at: 1, as: Decimal.self) }.code == .typeMismatch)
    }
  }

  @Test func arrays() async throws {
    try await connection { connection in
      let texts = ["", "a", "NULL", "with \"quotes\" and \\", "comma, brace {}", "ü\n"]
      let numbers = [Int.min, -1, 0, .max]
      let row = try #require(
        try await connection.query(
          """
          SELECT \(texts), \(numbers), \([String]()), \(["a", nil] as [String?]), \([nil, 3] as [Int?]),
            '{1,2}'::int[], '{x}'::varchar[]
          """
        ).first)
      let back = try row.decode(([String], [Int], [String], [String?], [Int?], [Int], [String]).self)
      #expect(back.0 == texts && back.1 == numbers && back.2.isEmpty)
      #expect(back.3 == ["a", nil] && back.4 == [nil, 3] && back.5 == [1, 2] && back.6 == ["x"])
      #expect(try await postgresError { _ = try row.decode(at: 3, as: [String].self) }.code == .typeMismatch)
      #expect(try await postgresError { _ = try row.decode(at: 1, as: [String].self) }.code == .typeMismatch)
      let found = try await connection.query(
        "SELECT count(*) FROM generate_series(1, 9) n WHERE n = ANY(\([2, 4, 40]))")
      #expect(try found.first?.decode(Int.self) == 2)
    }
  }

  @Test func uuidsDoublesAndEnums() async throws {
    try await connection { connection in
      let id = UUID()
      try await connection.simpleQuery("DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('fine', 'sad')")
      let row = try #require(
        try await connection.query(
          "SELECT \(id), \(id.uuidString)::uuid = \(id), \(0.1), \(Double.infinity), \("fine")::mood"
        ).first)
      let (back, same, tenth, infinite, mood) = try row.decode((UUID, Bool, Double, Double, String).self)
      #expect(back == id && same && tenth == 0.1 && infinite == .infinity && mood == "fine")
    }
  }

  @Test func mismatchesNameColumnTypeAndWish() async throws {
    try await connection { connection in
      let row = try #require(try await connection.query("SELECT 1.5 AS price, 70000 AS big, 'x' AS word").first)
      let error = try await postgresError { _ = try row.decode("price", as: Int.self) }
      #expect(error.code == .typeMismatch)
      #expect(error.message == "column \"price\" is numeric, asked for Int")
      #expect(try await postgresError { _ = try row.decode("big", as: String.self) }.code == .typeMismatch)
      #expect(try await postgresError { _ = try row.decode("word", as: Bool.self) }.code == .typeMismatch)
      #expect(try await postgresError { _ = try row.decode("absent", as: Int.self) }.code == .notFound)
      #expect(try await postgresError { _ = try row.decode((String, Int).self) }.code == .typeMismatch)
    }
  }

  @Test func wrongValuesAreRefusedBeforeTheyAreSent() async throws {
    try await connection { connection in
      let error = try await postgresError { try await connection.query("SELECT \("a\0b")") }
      #expect(error.code == .invalidValue && error.message.contains("$1") && error.message.contains("NUL"))
      #expect(try await connection.query("SELECT 1").count == 1)
    }
  }
}

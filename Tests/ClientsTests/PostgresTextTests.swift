import Foundation
import Testing

@testable import Clients

@Suite struct PostgresTextTests {
  @Test func interpolationBecomesBinds() {
    let sku = "SKU-0001'; DROP TABLE products; --"
    let missing: Int? = nil
    let query: PostgresQuery =
      "SELECT \(unescaped: "price") FROM products WHERE sku = \(sku) AND n > \(5) OR m = \(missing)"
    #expect(query.sql == "SELECT price FROM products WHERE sku = $1 AND n > $2 OR m = $3")
    #expect(query.binds == [.text(sku), .int(5), PostgresValue(type: .int8, text: nil)])
  }

  @Test func bindsAreNotShown() {
    let query: PostgresQuery = "SELECT \("secret")"
    #expect(!"\(query.binds)".contains("secret"))
  }

  @Test func nulBytesAndTooManyBindsAreRefused() throws {
    func code(_ body: () throws -> Void) -> PostgresError? {
      do { try body() } catch { return error as? PostgresError }
      return nil
    }
    #expect(code { _ = try EncodedQuery("SELECT '\0'") }?.code == .invalidValue)
    let nul = code { _ = try EncodedQuery(PostgresQuery(sql: "SELECT $1, $2", binds: ["fine", "a\0"])) }
    #expect(nul?.message.contains("$2") == true)
    let many = PostgresQuery(sql: "SELECT 1", binds: Array(repeating: .null, count: 65_536))
    #expect(code { _ = try EncodedQuery(many) }?.code == .invalidValue)
  }

  /// SQL of 14 bytes, values of 10, 8 for each bind and 64 for the messages.
  @Test func sqlValuesAndMessageAreBoundedTogether() throws {
    let query = PostgresQuery(sql: "SELECT $1, $2;", binds: ["12345", "äöx"])
    #expect(EncodedQuery.size(query) == 104)
    #expect(try EncodedQuery(query, largestMessage: 104).values.count == 12)
    let error = #expect(throws: PostgresError.self) { try EncodedQuery(query, largestMessage: 103) }
    #expect(error?.code == .invalidValue)
    #expect(error?.message == "the statement takes 104 bytes with its values; Postgres takes at most 103")
    let plain = PostgresQuery(sql: String(repeating: " ", count: 100))
    #expect(throws: PostgresError.self) { try EncodedQuery(plain, largestMessage: 163) }
    #expect(try EncodedQuery(plain, largestMessage: 164).sql.count == 100)
  }

  @Test func encodedValuesKeepOrderAndNulls() throws {
    let encoded = try EncodedQuery(PostgresQuery(sql: "x", binds: ["ab", .null, "", "c"]))
    #expect(encoded.values == Array("ab\0\0c\0".utf8))
    #expect(encoded.offsets == [0, nil, 3, 4])
  }

  @Test(
    arguments: [
      (
        "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  53300: sorry, too many clients already\n"
          + "LOCATION:  InitProcess, proc.c:353\n",
        "too_many_connections", "53300", "FATAL:  sorry, too many clients already"
      ),
      (
        "FATAL:  28P01: password authentication failed for user \"x\"\n", "authentication_failed", "28P01",
        "FATAL:  password authentication failed for user \"x\""
      ),
      (
        "connection to server at \"h\" (127.0.0.1), port 1 failed: FATALE:  57P03: a: b\n", "connection_refused",
        "57P03", "FATALE:  a: b"
      ),
      (
        "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n"
          + "\tIs the server running on that host and accepting TCP/IP connections?\n",
        "connection_refused", nil, "connection to server at \"127.0.0.1\", port 1 failed: Connection refused"
      ),
      ("", "connection_refused", nil, "unknown error"),
    ] as [(String, String, String?, String)])
  func connectErrors(_ text: String, _ code: String, _ state: String?, _ message: String) {
    let error = PostgresError(connectText: text)
    #expect(error.code.description == code && error.sqlState == state && error.message == message)
  }

  @Test(
    arguments: [
      ("{}", []), ("{1,NULL,\"NULL\"}", ["1", nil, "NULL"]), (#"{"a,b","c\"d\\e",f g}"#, ["a,b", #"c"d\e"#, "f g"]),
      ("{\"\"}", [""]),
    ] as [(String, [String?])])
  func arraysAreRead(_ text: String, _ expected: [String?]) {
    var text = text
    #expect(text.withUTF8 { PostgresArrayText.read($0) } == expected)
  }

  @Test(arguments: ["", "{", "}", "{{1},{2}}", "[2:3]={1,2}", "{\"a}", "{\"a\"b}", "{1,}", "x"])
  func otherArraysAreRefused(_ text: String) {
    var text = text
    #expect(text.withUTF8 { PostgresArrayText.read($0) } == nil)
  }

  @Test(
    arguments: [
      ("2026-11-21 03:04:05.678901+00", 1_795_230_245.678901), ("2026-11-21 08:34:05+05:30", 1_795_230_245),
      ("1970-01-01 00:00:00+00", 0), ("1969-12-31 23:59:59.5+00", -0.5), ("2000-02-29 12:00:00-03", 951_836_400),
      ("1880-01-01 00:00:00+00:19:32", -2_840_141_972), ("0001-01-01 00:00:00+00 BC", -62_167_219_200),
    ] as [(String, Double)])
  func timestampsAreRead(_ text: String, _ seconds: Double) throws {
    var text = text
    let date = try #require(text.withUTF8 { PostgresTimestamp.date(from: $0) })
    #expect(abs(date.timeIntervalSince1970 - seconds) < 1e-6)
  }

  @Test(arguments: [
    "", "2026-11-21", "2026-11-21 03:04:05", "21.11.2026 03:04:05 UTC", "2026-13-01 00:00:00+00", "infinityx",
  ])
  func otherTimestampsAreRefused(_ text: String) {
    var text = text
    #expect(text.withUTF8 { PostgresTimestamp.date(from: $0) } == nil)
  }

  @Test func daysGoThereAndBack() {
    for day in stride(from: -1_500_000, through: 1_500_000, by: 37) {
      let (year, month, dayOfMonth) = PostgresTimestamp.civil(fromDays: day)
      #expect(PostgresTimestamp.days(year: year, month: month, day: dayOfMonth) == day)
    }
  }

  @Test func timestampsAreWritten() {
    #expect(PostgresTimestamp.text(of: Date(timeIntervalSince1970: 0)) == "1970-01-01 00:00:00.000000+00")
    #expect(PostgresTimestamp.text(of: Date(timeIntervalSince1970: -0.0000004)) == "1970-01-01 00:00:00.000000+00")
    #expect(
      PostgresTimestamp.text(of: Date(timeIntervalSince1970: -62_167_219_200)) == "0001-01-01 00:00:00.000000+00 BC")
    #expect(PostgresTimestamp.text(of: .distantPast.addingTimeInterval(-1e15)) == "-infinity")
  }

  @Test func numericsCompareByValue() throws {
    func numeric(_ text: String) throws -> PostgresNumeric { try #require(PostgresNumeric(text)) }
    #expect(try numeric("1.50") == numeric("1.5") && numeric("1.50").hashValue == numeric("1.5").hashValue)
    #expect(try numeric("1.50").description == "1.50")
    #expect(try numeric("-0") == numeric("0.000"))
    let ordered = try ["-Infinity", "-10", "-9.5", "-0.1", "0", "0.05", "0.5", "2", "10", "Infinity", "NaN"].map(
      numeric)
    #expect(ordered.shuffled().sorted() == ordered)
    #expect(try numeric("42.000").exactInt == 42 && numeric("42.1").exactInt == nil)
    #expect(try numeric("99999999999999999999").exactInt == nil && PostgresNumeric(Int.min).exactInt == .min)
    for text in ["", "-", ".", "1e5", "1.2.3", "abc", "٣"] { #expect(PostgresNumeric(text) == nil) }
  }

  @Test func integersAtTheirEnds() {
    func read<T: FixedWidthInteger>(_ text: String, _ type: T.Type) -> T? {
      var text = text
      return text.withUTF8 { T(postgresDigits: $0) }
    }
    #expect(read("-9223372036854775808", Int.self) == .min && read("9223372036854775807", Int.self) == .max)
    #expect(
      read("9223372036854775808", Int.self) == nil && read("32768", Int16.self) == nil
        && read("-32768", Int16.self) == .min)
    for text in ["", "-", "1x", " 1", "+1"] { #expect(read(text, Int.self) == nil) }
  }
}

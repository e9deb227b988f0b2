import Testing

@testable import Verification

/// What is written down of a database that somebody changed by hand.
@Suite struct SchemaDumpTests {
  private static func entry(_ name: String, _ type: String, _ text: String) -> String {
    "--\n-- Name: \(name); Type: \(type); Schema: shop; Owner: postgres\n--\n\n\(text)\n\n\n"
  }

  /// As pg_dump 15 writes it.
  private static func dump(_ entries: String...) -> SchemaDump {
    SchemaDump(
      parsing: "--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n\n" + entries.joined()
        + "--\n-- PostgreSQL database dump complete\n--\n\n")
  }

  private static let products = entry(
    "products", "TABLE", "SET default_tablespace = '';\n\nCREATE TABLE shop.products (\n    sku text\n);")

  @Test func aDumpIsReadStatementByStatement() {
    let dump = Self.dump(Self.products, Self.entry("by_sku", "INDEX", "CREATE INDEX by_sku ON shop.products (sku);"))
    #expect(dump.entries.map(\.name) == ["products", "by_sku"])
    #expect(dump.entries.map(\.type) == ["TABLE", "INDEX"])
    #expect(dump.entries.map(\.schema) == ["shop", "shop"])
    #expect(dump.entries[0].text == "CREATE TABLE shop.products (\n    sku text\n);")
    #expect(dump.entries[1].text == "CREATE INDEX by_sku ON shop.products (sku);")
    #expect(SchemaDump(parsing: "").entries.isEmpty)
  }

  @Test func rowsAreReadWithTheirStatement() {
    let rows = "COPY shop.extra (a, b) FROM stdin;\n1\tx;y\n2\t-- z\n\\.\n"
    let dump = SchemaDump(
      parsing: "--\n-- Data for Name: extra; Type: TABLE DATA; Schema: shop; Owner: postgres\n--\n\n\(rows)\n\n"
        + "--\n-- PostgreSQL database dump complete\n--\n")
    #expect(dump.entries.map(\.text) == [String(rows.dropLast())])
    #expect(dump.entries.map(\.type) == ["TABLE DATA"] && dump.entries.map(\.name) == ["extra"])
  }

  @Test func theSameSchemaHasNoChanges() {
    #expect(Self.dump(Self.products).changes(from: Self.dump(Self.products)) == SchemaDump.Changes())
  }

  @Test func whatIsNewIsMadeIndexesAfterTheRows() {
    let live = Self.dump(
      Self.products, Self.entry("rate(text)", "FUNCTION", "CREATE FUNCTION shop.rate(product text) RETURNS void;"),
      Self.entry("ratings", "TABLE", "CREATE TABLE shop.ratings ();"),
      Self.entry("ratings ratings_pkey", "CONSTRAINT", "ALTER TABLE ONLY shop.ratings ADD PRIMARY KEY (sku);"),
      Self.entry("products rate", "TRIGGER", "CREATE TRIGGER rate;"),
      Self.entry("TABLE ratings", "ACL", "GRANT SELECT ON TABLE shop.ratings TO shop;"))
    let changes = live.changes(from: Self.dump(Self.products))
    #expect(changes.newTables == ["shop.ratings"])
    #expect(changes.before.map(\.name) == ["rate(text)", "ratings", "TABLE ratings"])
    #expect(changes.after.map(\.name) == ["ratings ratings_pkey", "products rate"])
    #expect(changes.removed.isEmpty && changes.unsaid.isEmpty)
  }

  @Test func whatCanBeSaidAgainIsAndTheRestIsNamed() {
    func function(_ body: String) -> String {
      Self.entry("rate(text)", "FUNCTION", "CREATE FUNCTION shop.rate(text) RETURNS int AS \(body);")
    }
    let changes = Self.dump(
      Self.entry("products", "TABLE", "CREATE TABLE shop.products (\n    id int\n);"), function("2")
    ).changes(from: Self.dump(Self.products, function("1")))
    #expect(changes.made.map(\.text) == ["CREATE OR REPLACE FUNCTION shop.rate(text) RETURNS int AS 2;"])
    #expect(changes.unsaid == ["TABLE products is changed"])
  }

  @Test func whatIsGoneIsRemovedWhereItsNameIsEnough() {
    let before = Self.dump(
      Self.products, Self.entry("by \"sku\"", "INDEX", "x"), Self.entry("products rate", "TRIGGER", "x"),
      Self.entry("products p_check", "CONSTRAINT", "x"), Self.entry("rate(text)", "FUNCTION", "x"),
      Self.entry("cheap", "VIEW", "x"))
    let changes = Self.dump().changes(from: before)
    #expect(
      changes.removed == [
        "DROP INDEX \"shop\".\"by \"\"sku\"\"\";", "DROP TRIGGER \"rate\" ON \"shop\".\"products\";",
        "ALTER TABLE \"shop\".\"products\" DROP CONSTRAINT \"p_check\";", "DROP FUNCTION \"shop\".rate(text);",
        "DROP VIEW \"shop\".\"cheap\";",
      ])
    #expect(changes.unsaid == ["TABLE products is gone"])
  }
}

@Suite struct SettingsFileTests {
  @Test func theLastLineThatSetsANameIsReplaced() {
    let text = "# max_connections = 1\nmax_connections = 100 # slots\nMax_Connections=120\nport = 5432\n"
    let changed = SettingsFile.text(
      text, setting: [("max_connections", "300"), ("log_line_prefix", "it's %m ")], style: .postgres)
    #expect(
      changed == "# max_connections = 1\nmax_connections = 100 # slots\nmax_connections = '300'\nport = 5432\n"
        + "log_line_prefix = 'it''s %m '\n")
    #expect(SettingsFile.text(changed, setting: [("max_connections", "300")], style: .postgres) == changed)
  }

  @Test func redisHasNoEqualsSign() {
    let changed = SettingsFile.text(
      "maxmemory 64mb\nsave \"\"", setting: [("maxmemory", "67108864"), ("save", "3600 1"), ("x", "a\"b\\c")],
      style: .redis)
    #expect(changed == "maxmemory \"67108864\"\nsave \"3600 1\"\nx \"a\\\"b\\\\c\"\n")
  }

  @Test func anEmptyFileGetsALine() {
    #expect(SettingsFile.text("", setting: [("a", "b")], style: .postgres) == "a = 'b'\n")
    #expect(SettingsFile.text("x = 1", setting: [], style: .postgres) == "x = 1\n")
  }
}

/// What `pg_dump --schema-only` says of a database, as statements that can be compared one by one.
public struct SchemaDump: Sendable, Equatable {
  /// An object and the statements that make it.
  public struct Entry: Sendable, Equatable {
    /// `reviews_of_a_product`, as pg_dump names it; of a trigger `TABLE TRIGGER`, of a function with its arguments.
    public var name: String
    /// `TABLE`, `INDEX`, `FUNCTION`, `TRIGGER`, `ACL`...
    public var type: String
    /// The schema it is in; `-` for none.
    public var schema: String
    /// What makes it, without blank lines around.
    public var text: String

    fileprivate var key: [String] { [type, schema, name] }
  }

  /// In the order in which they can be made.
  public var entries: [Entry]

  /// Reads the text of a dump.
  public init(parsing text: String) {
    entries = []
    var header: [String: String]?
    var body: [Substring] = []
    func close() {
      guard let header else { return }
      let statements = Self.trimmed(body)
      guard !statements.isEmpty else { return }
      entries.append(
        Entry(
          name: header["Name"] ?? "", type: header["Type"] ?? "", schema: header["Schema"] ?? "-",
          text: statements.joined(separator: "\n")))
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("-- Name: ") || line.hasPrefix("-- Data for Name: ") {
        close()
        header = Self.header(line)
        body = []
      } else if line == "-- PostgreSQL database dump complete" {
        close()
        header = nil
      } else if line != "--", !line.hasPrefix("SET default_") {
        body.append(line)
      }
    }
    close()
  }

  /// What to do to a database like `other` so that it becomes like this one.
  public func changes(from other: SchemaDump) -> Changes {
    var changes = Changes()
    for entry in entries {
      switch other.entries.first(where: { $0.key == entry.key }) {
      case nil: changes.made.append(entry)
      case .some(let before) where before.text == entry.text: continue
      // These can be said again.
      case .some where ["FUNCTION", "PROCEDURE", "VIEW", "ACL"].contains(entry.type):
        var again = entry
        for kind in ["FUNCTION", "PROCEDURE", "VIEW"] where again.text.hasPrefix("CREATE \(kind)") {
          again.text = "CREATE OR REPLACE" + again.text.dropFirst("CREATE".count)
        }
        changes.made.append(again)
      case .some: changes.unsaid.append("\(entry.type) \(entry.name) is changed")
      }
    }
    for entry in other.entries where !entries.contains(where: { $0.key == entry.key }) {
      if let statement = entry.removal {
        changes.removed.append(statement)
      } else {
        changes.unsaid.append("\(entry.type) \(entry.name) is gone")
      }
    }
    return changes
  }

  /// The difference between two schemas.
  public struct Changes: Sendable, Equatable {
    /// Statements that remove what is gone.
    public var removed: [String] = []
    /// What is new or has to be said again.
    public var made: [Entry] = []
    /// What no statement is known for: somebody has to write it.
    public var unsaid: [String] = []

    /// Tables that are new, as `SCHEMA.NAME`.
    public var newTables: [String] { made.filter { $0.type == "TABLE" }.map { "\($0.schema).\($0.name)" } }
    /// What is made before rows go in.
    public var before: [Entry] { made.filter { !Self.late.contains($0.type) } }
    /// Indexes, triggers and the like: made when the rows are in.
    public var after: [Entry] { made.filter { Self.late.contains($0.type) } }
    private static let late: Set<String> = ["CONSTRAINT", "FK CONSTRAINT", "INDEX", "TRIGGER", "RULE", "POLICY"]
  }

  /// `-- Name: x; Type: TABLE; Schema: inventory; Owner: postgres`, of rows with `Data for` before it.
  private static func header(_ line: Substring) -> [String: String] {
    line.dropFirst(line.hasPrefix("-- Data") ? "-- Data for ".count : "-- ".count).split(separator: "; ").reduce(
      into: [:]) { fields, part in
        let pair = part.split(separator: ": ", maxSplits: 1)
        if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
      }
  }

  private static func trimmed(_ lines: [Substring]) -> [Substring] {
    let head = lines.drop { $0.allSatisfy(\.isWhitespace) }
    guard let last = head.lastIndex(where: { !$0.allSatisfy(\.isWhitespace) }) else { return [] }
    return Array(head[...last])
  }
}

extension SchemaDump.Entry {
  /// What removes it; nil where that takes more than its name.
  fileprivate var removal: String? {
    switch type {
    case "INDEX": "DROP INDEX \(quoted(schema)).\(quoted(name));"
    case "VIEW": "DROP VIEW \(quoted(schema)).\(quoted(name));"
    case "FUNCTION": "DROP FUNCTION \(quoted(schema)).\(name);"
    case "TRIGGER":
      name.split(separator: " ").count == 2
        ? "DROP TRIGGER \(quoted(String(name.split(separator: " ")[1]))) ON \(quoted(schema))."
          + "\(quoted(String(name.split(separator: " ")[0])));" : nil
    case "CONSTRAINT", "FK CONSTRAINT":
      name.split(separator: " ").count == 2
        ? "ALTER TABLE \(quoted(schema)).\(quoted(String(name.split(separator: " ")[0]))) DROP CONSTRAINT "
          + "\(quoted(String(name.split(separator: " ")[1])));" : nil
    default: nil
    }
  }

  private func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}

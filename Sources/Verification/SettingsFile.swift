/// A file of settings, one a line, such as `postgresql.conf` or `redis.conf`.
public enum SettingsFile {
  /// How names and values are written.
  public enum Style: Sendable {
    /// `name = 'value'`
    case postgres
    /// `name "value"`
    case redis
  }

  /// The text with other values: a line that sets a name is replaced, the last one where there are several; a name that
  /// no line sets gets a line at the end.
  public static func text(_ text: String, setting values: [(name: String, value: String)], style: Style) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (name, value) in values {
      let line = Self.line(name, value, style)
      if let index = lines.lastIndex(where: { Self.name(of: $0, style)?.lowercased() == name.lowercased() }) {
        lines[index] = line
      } else {
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ name: String, _ value: String, _ style: Style) -> String {
    switch style {
    case .postgres: "\(name) = '\(value.replacing("'", with: "''"))'"
    case .redis: "\(name) \"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
  }

  /// What a line sets; nil for comments, empty lines and includes.
  private static func name(of line: String, _ style: Style) -> String? {
    let word = line.drop { $0 == " " || $0 == "\t" }.prefix { !" \t=#".contains($0) }
    return word.isEmpty || word.lowercased().hasPrefix("include") ? nil : String(word)
  }
}

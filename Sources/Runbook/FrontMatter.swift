/// The block between two `---` at the start of a file: `key: value`, `key: [a, b]`, or `key:` with `- item` lines
/// below.
struct FrontMatter {
  private var values: [String: (line: Int, items: [String], isList: Bool)] = [:]
  /// The number of lines that belong to the block.
  private(set) var end = 0

  init(_ lines: [String], _ report: (Int, String) -> Void) {
    guard lines.first == "---", let close = lines.dropFirst().firstIndex(of: "---") else {
      report(1, "the file must begin with front matter between two lines `---`")
      return
    }
    end = close + 1
    var current = ""
    for (index, line) in lines.enumerated().dropFirst() where index < close {
      let text = Self.trim(line)
      if text.isEmpty || text.hasPrefix("#") { continue }
      if text.hasPrefix("- "), values[current]?.isList == true {
        values[current]?.items.append(Self.unquote(text.dropFirst(2)))
        continue
      }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy({ $0.isLetter || $0 == "-" || $0 == "_" }) else {
        report(index + 1, "expected `key: value`, found `\(text)`")
        continue
      }
      current = String(parts[0])
      if values[current] != nil { report(index + 1, "`\(current)` is given twice") }
      let value = Self.trim(parts[1])
      if value.hasPrefix("["), value.hasSuffix("]") {
        let items = value.dropFirst().dropLast().split(separator: ",").map(Self.unquote)
        values[current] = (index + 1, items, true)
      } else {
        values[current] = (index + 1, value.isEmpty ? [] : [Self.unquote(value[...])], value.isEmpty)
      }
    }
  }

  /// The value of a key; a missing or empty one is reported.
  func text(_ key: String, _ report: (Int, String) -> Void) -> String? {
    guard let value = values[key], !value.isList, let text = value.items.first, !text.isEmpty else {
      report(line(of: key), "front matter needs `\(key)` with one value")
      return nil
    }
    return text
  }

  /// The items of a key; none at all is reported.
  func list(_ key: String, _ report: (Int, String) -> Void) -> [String] {
    let items = (values[key]?.items ?? []).filter { !$0.isEmpty }
    if items.isEmpty { report(line(of: key), "front matter needs `\(key)` with a list, `[a, b]`") }
    return items
  }

  func refuseOthers(_ known: Set<String>, _ report: (Int, String) -> Void) {
    for (key, value) in values where !known.contains(key) { report(value.line, "`\(key)` is not known here") }
  }

  /// The line of a key, or 1.
  func line(of key: String) -> Int { values[key]?.line ?? 1 }

  private static func trim(_ text: some StringProtocol) -> String {
    let start = text.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }

  private static func unquote(_ text: Substring) -> String {
    let plain = trim(text)
    guard plain.count >= 2, let quote = plain.first, quote == plain.last, quote == "\"" || quote == "'" else {
      return plain
    }
    return String(plain.dropFirst().dropLast())
  }
}

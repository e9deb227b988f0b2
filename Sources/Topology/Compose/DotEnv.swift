/// Reads a `.env` file as Compose does.
///
/// `NAME=value`, also `NAME: value` and `export NAME=value`; `#` begins a comment at the start of a line and, after
/// white space, behind an unquoted value. '...' is taken as it is; "..." knows \n, \r, \t, \", \\ and \$ and may span
/// lines; variables are replaced in "..." and in unquoted values. A later line wins over an earlier one, the given
/// environment over both. Source: Docker's "Env-file syntax".
public enum DotEnv {
  /// The variables of the file.
  ///
  /// - Parameters:
  ///   - environment: wins over the file where both name a variable; other names of it are not part of the result.
  ///   - problems: gets what can't be read, with the line.
  public static func parse(
    _ text: String, file: String = ".env", environment: [String: String] = [:], problems: Problems
  ) -> [String: String] {
    var reader = Reader(text: Array(text.replacing("\r\n", with: "\n")), file: file, problems: problems)
    var values: [String: String] = [:]
    // What a line sees: the lines before it, and the environment over them.
    var known = environment
    while let statement = reader.next() {
      if let outer = environment[statement.name] {
        values[statement.name] = outer
        continue
      }
      guard var value = statement.value else { continue }
      if statement.expands {
        var interpolation = Interpolation(known)
        do { value = try interpolation.expand(value) } catch {
          problems.report(error.text, at: statement.place, key: statement.name)
        }
        for name in interpolation.unset {
          problems.warn("the variable \(name) is not set; taken as empty", at: statement.place, key: statement.name)
        }
      }
      values[statement.name] = value
      known[statement.name] = value
    }
    return values
  }

  private struct Statement {
    var name: String
    var value: String?
    var expands: Bool
    var place: YAMLPlace
  }

  private struct Reader {
    let text: [Character]
    let file: String
    let problems: Problems
    var index = 0
    var line = 1

    /// The next statement that can be read; one that can't is reported and its line is skipped.
    mutating func next() -> Statement? {
      while skipToStatement() {
        let place = YAMLPlace(file: file, line: line)
        var name = take { $0 != "\n" && $0 != "=" && $0 != ":" }.trimmed
        if name.hasPrefix("export"), name.dropFirst(6).first?.isWhitespace == true {
          name = String(name.dropFirst(7)).trimmed
        }
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "_.-".contains($0) }) else {
          problems.report("expected NAME=value, found `\(name.prefix(40))`", at: place)
          _ = take { $0 != "\n" }
          continue
        }
        guard index < text.count, text[index] != "\n" else {
          return Statement(name: name, value: nil, expands: false, place: place)
        }
        index += 1
        _ = take { $0 == " " || $0 == "\t" }
        if let quote = peek, quote == "\"" || quote == "'" {
          guard let value = quoted(quote) else {
            problems.report("the quote is never closed", at: place, key: name)
            return nil
          }
          let rest = take { $0 != "\n" }.trimmed
          if !rest.isEmpty, !rest.hasPrefix("#") {
            problems.report("`\(rest.prefix(40))` after the closing quote", at: place, key: name)
          }
          return Statement(name: name, value: value, expands: quote == "\"", place: place)
        }
        let raw = take { $0 != "\n" }
        return Statement(name: name, value: Self.withoutComment(raw), expands: true, place: place)
      }
      return nil
    }

    private var peek: Character? { index < text.count ? text[index] : nil }

    private mutating func take(while condition: (Character) -> Bool) -> String {
      var taken = ""
      while let character = peek, condition(character) {
        taken.append(character)
        index += 1
      }
      return taken
    }

    private mutating func skipToStatement() -> Bool {
      while let character = peek {
        if character == "#" {
          _ = take { $0 != "\n" }
        } else if character == "\n" {
          line += 1
          index += 1
        } else if character.isWhitespace {
          index += 1
        } else {
          return true
        }
      }
      return false
    }

    private mutating func quoted(_ quote: Character) -> String? {
      var value = ""
      index += 1
      while let character = peek {
        index += 1
        if character == "\n" { line += 1 }
        if character == quote { return value }
        guard character == "\\", let next = peek else {
          value.append(character)
          continue
        }
        if quote == "'" {
          // Only the quote itself can be escaped here.
          if next == "'" { index += 1 }
          value.append(next == "'" ? "'" : "\\")
          continue
        }
        index += 1
        value += Self.escapes[next] ?? "\\\(next)"
      }
      return nil
    }

    /// `\$` stays a dollar sign through the replacement of variables, where `$$` means one.
    private static let escapes: [Character: String] = [
      "n": "\n", "r": "\r", "t": "\t", "\"": "\"", "\\": "\\", "$": "$$",
    ]

    private static func withoutComment(_ raw: String) -> String {
      var value = ""
      var afterSpace = true
      for character in raw {
        if character == "#", afterSpace { break }
        afterSpace = character.isWhitespace
        value.append(character)
      }
      return value.trimmed
    }
  }
}

extension Interpolation.Failure {
  /// What is wrong, for a message.
  var text: String {
    switch self {
    case .invalid(let piece): "`\(piece)` is no valid variable; `$$` stands for a dollar sign"
    case .tooLong: "is longer than \(Interpolation.longest) characters once variables are replaced"
    case .missing(let name, let message):
      "the required variable \(name) has no value\(message.isEmpty ? "" : ": \(message)")"
    }
  }
}

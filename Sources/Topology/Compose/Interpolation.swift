/// Replaces variables in a text as Compose does.
///
/// `$NAME`, `${NAME}`; `${NAME:-default}` (unset or empty) and `${NAME-default}` (unset); `${NAME:?error}`,
/// `${NAME?error}`; `${NAME:+other}` (set and not empty) and `${NAME+other}` (set); `$$` is a dollar sign. Defaults,
/// errors and replacements may hold variables themselves. Source: Compose file reference, "Interpolation".
public struct Interpolation {
  /// What went wrong.
  public enum Failure: Error, Equatable {
    /// The text is no valid template; the piece that isn't.
    case invalid(String)
    /// A required variable has no value.
    case missing(name: String, message: String)
    /// The text gets longer than `longest`.
    case tooLong
  }

  /// Characters of a text with its variables replaced: variables of variables could otherwise fill the memory.
  static let longest = 65_536

  private let variables: [String: String]
  /// Names of variables that had no value and no default, in order of appearance.
  public private(set) var unset: [String] = []

  /// Creates one for a set of variables.
  public init(_ variables: [String: String]) { self.variables = variables }

  /// The text with its variables replaced.
  public mutating func expand(_ text: String) throws(Failure) -> String {
    guard text.contains("$") else { return text }
    return try expand(Array(text)[...], depth: 0)
  }

  private mutating func expand(_ text: ArraySlice<Character>, depth: Int) throws(Failure) -> String {
    guard depth < 50 else { throw .invalid("nested more than 50 deep") }
    var result = ""
    var index = text.startIndex
    while index < text.endIndex {
      guard result.utf8.count <= Self.longest else { throw .tooLong }
      guard text[index] == "$" else {
        result.append(text[index])
        index += 1
        continue
      }
      let rest = text[(index + 1)...]
      guard let next = rest.first else { throw .invalid("$") }
      if next == "$" {
        result.append("$")
        index += 2
      } else if next == "{" {
        guard let end = Self.closingBrace(of: rest) else { throw .invalid(String(text[index...])) }
        result += try substitute(rest[(rest.startIndex + 1)..<end], depth: depth)
        index = end + 1
      } else {
        let name = Self.name(at: rest)
        guard !name.isEmpty else { throw .invalid(String(text[index...].prefix(2))) }
        result += value(String(name))
        index = name.endIndex
      }
    }
    guard result.utf8.count <= Self.longest else { throw .tooLong }
    return result
  }

  /// `inside` is what stands between the braces.
  private mutating func substitute(_ inside: ArraySlice<Character>, depth: Int) throws(Failure) -> String {
    let name = Self.name(at: inside)
    guard !name.isEmpty else { throw .invalid("${\(String(inside))}") }
    let key = String(name)
    var rest = inside[name.endIndex...]
    guard !rest.isEmpty else { return value(key) }
    let colon = rest.first == ":"
    if colon { rest = rest.dropFirst() }
    guard let sign = rest.first, "-?+".contains(sign) else { throw .invalid("${\(String(inside))}") }
    let argument = try expand(rest.dropFirst(), apart: depth + 1)
    let found = variables[key].flatMap { colon && $0.isEmpty ? nil : $0 }
    switch sign {
    case "-": return found ?? noting(argument)
    case "+": return found == nil ? "" : noting(argument)
    default:
      if let found { return found }
      throw .missing(name: key, message: argument.text)
    }
  }

  /// Expands an argument but keeps its unset variables apart: they only matter where the argument is used.
  private mutating func expand(
    _ text: ArraySlice<Character>, apart depth: Int
  ) throws(Failure) -> (text: String, unset: [String]) {
    let before = unset
    unset = []
    defer { unset = before }
    let expanded = try expand(text, depth: depth)
    return (expanded, unset)
  }

  private mutating func noting(_ argument: (text: String, unset: [String])) -> String {
    unset += argument.unset
    return argument.text
  }

  private mutating func value(_ name: String) -> String {
    if let value = variables[name] { return value }
    unset.append(name)
    return ""
  }

  private static func name(at text: ArraySlice<Character>) -> ArraySlice<Character> {
    let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return name.first?.isNumber == true ? name.prefix(0) : name
  }

  /// The brace that closes the one at the start; only `${` opens another.
  private static func closingBrace(of text: ArraySlice<Character>) -> Int? {
    var open = 1
    var index = text.startIndex + 1
    while index < text.endIndex {
      if text[index] == "}" {
        open -= 1
        if open == 0 { return index }
      } else if text[index] == "$", index + 1 < text.endIndex, text[index + 1] == "{" {
        open += 1
        index += 1
      }
      index += 1
    }
    return nil
  }
}

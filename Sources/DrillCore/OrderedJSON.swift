/// A JSON document whose keys keep the order in which they were given.
///
/// `JSONEncoder` sorts keys or leaves their order to chance; a stable contract needs the order of its documentation.
public indirect enum OrderedJSON: Sendable {
  /// A string.
  case string(String)
  /// A signed integer.
  case integer(Int64)
  /// An unsigned integer (seeds use all 64 bits).
  case unsigned(UInt64)
  /// A boolean.
  case bool(Bool)
  /// A list.
  case array([OrderedJSON])
  /// An object with its keys in order.
  case object([(String, OrderedJSON)])

  /// The document, indented by two spaces, without a line feed at the end.
  public var text: String {
    var out = ""
    write(to: &out, indent: 0)
    return out
  }

  private func write(to out: inout String, indent: Int) {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .string(let value): out += Self.quoted(value)
    case .integer(let value): out += String(value)
    case .unsigned(let value): out += String(value)
    case .bool(let value): out += value ? "true" : "false"
    case .array(let values):
      guard !values.isEmpty else { return out += "[]" }
      out += "[\n"
      for (index, value) in values.enumerated() {
        out += inner
        value.write(to: &out, indent: indent + 2)
        out += index + 1 < values.count ? ",\n" : "\n"
      }
      out += outer + "]"
    case .object(let fields):
      guard !fields.isEmpty else { return out += "{}" }
      out += "{\n"
      for (index, field) in fields.enumerated() {
        out += inner + Self.quoted(field.0) + ": "
        field.1.write(to: &out, indent: indent + 2)
        out += index + 1 < fields.count ? ",\n" : "\n"
      }
      out += outer + "}"
    }
  }

  /// `text` as a JSON string, quotes included (RFC 8259, section 7).
  public static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{0}"..."\u{1F}":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

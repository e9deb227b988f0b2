/// JSON written by hand where an encoder would cost too much: log lines and the hottest replies.
public enum JSONText {
  /// Appends `text` as a JSON string with its quotes (RFC 8259, section 7).
  public static func append(_ text: String, to output: inout String) {
    output.append("\"")
    var clean = true
    for byte in text.utf8 where byte < 0x20 || byte == 0x22 || byte == 0x5C {
      clean = false
      break
    }
    if clean {
      output.append(text)
    } else {
      for scalar in text.unicodeScalars { append(scalar, to: &output) }
    }
    output.append("\"")
  }

  private static func append(_ scalar: Unicode.Scalar, to output: inout String) {
    switch scalar {
    case "\"": output.append("\\\"")
    case "\\": output.append("\\\\")
    case "\n": output.append("\\n")
    case "\r": output.append("\\r")
    case "\t": output.append("\\t")
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      output.append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    default: output.unicodeScalars.append(scalar)
    }
  }
}

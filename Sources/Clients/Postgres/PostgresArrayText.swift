/// Reads and writes the text form of one-dimensional arrays (Postgres manual, section 8.15.6).
enum PostgresArrayText {
  static func write(_ elements: [String?]) -> String {
    var text = "{"
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      guard let element else {
        text += "NULL"
        continue
      }
      text += "\""
      for character in element.unicodeScalars {
        if character == "\"" || character == "\\" { text += "\\" }
        text.unicodeScalars.append(character)
      }
      text += "\""
    }
    return text + "}"
  }

  /// nil when the text is not a one-dimensional array that starts at index 1.
  static func read(_ text: UnsafeBufferPointer<UInt8>) -> [String?]? {
    guard text.count >= 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == UInt8(ascii: "}") else { return nil }
    var position = 1
    let end = text.count - 1
    var elements: [String?] = []
    while position < end {
      if text[position] == UInt8(ascii: "{") { return nil }
      if text[position] == UInt8(ascii: "\"") {
        guard let element = readQuoted(text, &position, end) else { return nil }
        elements.append(element)
      } else {
        let start = position
        while position < end, text[position] != UInt8(ascii: ",") { position += 1 }
        let element = String(decoding: text[start..<position], as: UTF8.self)
        elements.append(element == "NULL" ? nil : element)
      }
      if position < end {
        guard text[position] == UInt8(ascii: ","), position + 1 < end else { return nil }
        position += 1
      }
    }
    return elements
  }

  private static func readQuoted(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int, _ end: Int) -> String? {
    var bytes: [UInt8] = []
    position += 1
    while position < end {
      switch text[position] {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard position + 1 < end else { return nil }
        bytes.append(text[position + 1])
        position += 2
      case let byte:
        bytes.append(byte)
        position += 1
      }
    }
    return nil
  }
}

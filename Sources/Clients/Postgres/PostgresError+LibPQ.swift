internal import CLibPQ

extension PostgresError {
  /// The error of a failed statement. One that libpq made itself, without an SQLSTATE, means that the connection is
  /// lost.
  init(result: OpaquePointer) {
    func field(_ code: Character) -> String? {
      let identifier = Int32(code.asciiValue ?? 0)
      return PQresultErrorField(result, identifier).map { String(cString: $0) }
    }
    // The letters are the field types of ErrorResponse (Postgres manual, section 55.8).
    let state = field("C")
    let primary = field("M")
    let message: String
    if let primary {
      message = "\(field("S") ?? "ERROR"):  \(primary)"
    } else {
      message = Self.oneLine(PQresultErrorMessage(result).map { String(cString: $0) } ?? "")
    }
    self.init(
      code: state.map { .forServer(sqlState: $0) } ?? .connectionClosed, sqlState: state, message: message,
      detail: field("D"), hint: field("H"), constraint: field("n"))
  }

  /// The error of a refused connection. libpq gives text only; in the verbose form it holds the SQLSTATE:
  /// `connection to server at "127.0.0.1", port 5432 failed: FATAL:  53300: sorry, too many clients already`.
  init(connectText text: String) {
    for line in text.split(separator: "\n").reversed() {
      guard let (severity, state, words) = Self.parseVerbose(line) else { continue }
      self.init(code: .forConnect(sqlState: state), sqlState: state, message: "\(severity):  \(words)")
      return
    }
    self.init(code: .connectionRefused, message: Self.oneLine(text))
  }

  /// Severity, SQLSTATE and words of a line such as `... failed: FATAL:  53300: sorry`. The severity may be translated.
  private static func parseVerbose(_ line: Substring) -> (Substring, String, Substring)? {
    var rest = line
    while let colon = rest.firstIndex(of: ":") {
      let after = rest[rest.index(after: colon)...]
      let state = after.dropFirst(2).prefix(5)
      let words = after.dropFirst(7)
      let isState = state.utf8.count == 5 && state.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
      if after.hasPrefix("  "), isState, words.hasPrefix(": ") {
        let severity = rest[..<colon].drop { $0 == " " }
        return (severity, String(state), words.dropFirst(2))
      }
      rest = after
    }
    return nil
  }

  /// The last line that begins a message: libpq puts explanations after it, indented, and older attempts before it.
  static func oneLine(_ text: String) -> String {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("\t") && !$0.hasPrefix("LOCATION:") }
    return lines.last.map(String.init) ?? "unknown error"
  }
}

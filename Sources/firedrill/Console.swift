import DrillCore
import Engine
import Foundation

/// What people read: messages on standard error, results on standard output, colour on terminals only.
enum Console {
  /// Set once by the command line's options, before anything is printed.
  nonisolated(unsafe) static var isQuiet = false
  nonisolated(unsafe) static var isPlain = false

  static let errorIsTerminal = isatty(2) == 1
  static let outputIsTerminal = isatty(1) == 1

  private static var hasColour: Bool {
    outputIsTerminal && !isPlain && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// A colour by its ANSI number, where colours are wanted.
  static func paint(_ text: String, _ colour: Int) -> String { hasColour ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text }
  static func green(_ text: String) -> String { paint(text, 32) }
  static func red(_ text: String) -> String { paint(text, 31) }
  static func yellow(_ text: String) -> String { paint(text, 33) }
  static func bold(_ text: String) -> String { paint(text, 1) }

  /// A result.
  static func out(_ text: String) {
    print(text)
    fflush(nil)
  }

  /// What is going on; not with `-q`.
  static func note(_ text: String) {
    if !isQuiet { write(text) }
  }

  /// A line that a CI system takes for an order, as it is.
  static func order(_ line: String, amongResults: Bool) {
    if amongResults { out(line) } else { FileHandle.standardError.say(line + "\n") }
  }

  static func error(_ text: String) { write("firedrill: \(text)") }

  /// Some of it may be a lab's.
  private static func write(_ text: String) {
    FileHandle.standardError.say(HarmlessText.lines(text) + "\n")
  }

  /// Columns, as wide as their widest cell.
  static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.compactMap { $0.count > column ? $0[column].count : nil }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell.padding(toLength: widths[index], withPad: " ", startingAt: 0)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

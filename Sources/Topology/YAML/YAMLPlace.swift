/// Where something stands in a file; prints as `FILE:LINE:COLUMN`, which editors and terminals understand.
public struct YAMLPlace: Sendable, Codable, Hashable, Comparable, CustomStringConvertible {
  /// The name of the file as the reader should see it.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column in characters, from 1.
  public var column: Int

  /// Creates a place; line and column count from 1.
  public init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `FILE:LINE:COLUMN`.
  public var description: String { "\(file):\(line):\(column)" }

  /// By file, then line, then column.
  public static func < (left: Self, right: Self) -> Bool {
    (left.file, left.line, left.column) < (right.file, right.line, right.column)
  }
}

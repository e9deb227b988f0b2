import Topology

/// What a parameter of a check may be. A value passes only if the check reads it as it was meant: checks take what they
/// can't read for their defaults.
enum CheckParameter: Sendable {
  /// A whole number within bounds.
  case whole(ClosedRange<Int>)
  /// A number within bounds.
  case number(ClosedRange<Double>)
  /// One of these words.
  case words([String])
  /// A time in whole seconds within bounds: `60s`.
  case seconds(ClosedRange<Int>)
  /// The code of a reason that the scenario names itself.
  case reason

  /// At most such a part of a whole; all of it would allow anything.
  static let mostShare = CheckParameter.number(0...0.99)
  /// At least such a part of a whole; none of it would ask nothing.
  static let leastShare = CheckParameter.number(0.01...1)
  /// A time in ms, up to ten minutes.
  static let milliseconds = CheckParameter.whole(1...600_000)

  /// What is wrong with a value; `nil` for nothing.
  func problem(with text: String) -> String? {
    switch self {
    case .whole(let range):
      Int(text).map(range.contains) == true
        ? nil : "must be a whole number from \(range.lowerBound) to \(range.upperBound), not `\(text)`"
    case .number(let range):
      Double(text).map(range.contains) == true
        ? nil
        : "must be a number from \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound)), not `\(text)`"
    case .seconds(let range):
      text.hasSuffix("s") && Int(text.dropLast()).map(range.contains) == true
        ? nil : "must be a time from \(range.lowerBound)s to \(range.upperBound)s in whole seconds, not `\(text)`"
    case .words(let words):
      words.contains(text)
        ? nil : "must be \(words.joined(separator: ", ")), not `\(text)`\(Spelling.hint(for: text, among: words))"
    case .reason:
      !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
        ? nil : "is no reason's code: lower-case letters, digits and `_`, not `\(text)`"
    }
  }

  private static func plain(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }
}

/// What is wrong with a check as it is planned.
struct CheckProblem: Equatable {
  /// The parameter; `nil` where the kind is wrong.
  var parameter: String?
  /// What is wrong, and what would be right.
  var message: String
}

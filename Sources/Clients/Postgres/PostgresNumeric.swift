/// A numeric value, exact to the last digit however long it is. Digits and scale are kept as the server sent them
/// (`1.50` stays `1.50`); equality and order go by value (`1.50 == 1.5`).
public struct PostgresNumeric: Sendable, Hashable, Comparable, CustomStringConvertible {
  enum Kind: Sendable, Hashable { case finite, notANumber, positiveInfinity, negativeInfinity }

  let kind: Kind
  let isNegative: Bool
  /// Decimal digits without leading zeros before the point (at least one digit).
  let whole: String
  /// Decimal digits after the point, as many as the scale.
  let fraction: String

  /// Parses decimal digits with optional sign, point and exponent-free fraction, or `NaN`, `Infinity`, `-Infinity`.
  public init?(_ text: String) {
    switch text {
    case "NaN": self.init(kind: .notANumber, isNegative: false, whole: "0", fraction: "")
    case "Infinity": self.init(kind: .positiveInfinity, isNegative: false, whole: "0", fraction: "")
    case "-Infinity": self.init(kind: .negativeInfinity, isNegative: true, whole: "0", fraction: "")
    default:
      var body = text[...]
      let negative = body.first == "-"
      if negative || body.first == "+" { body.removeFirst() }
      let parts = body.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } }) else {
        return nil
      }
      let fraction = parts.count > 1 ? parts[1] : ""
      guard !first.isEmpty || !fraction.isEmpty else { return nil }
      let trimmed = first.drop { $0 == "0" }
      self.init(
        kind: .finite, isNegative: negative, whole: trimmed.isEmpty ? "0" : String(trimmed), fraction: String(fraction))
    }
  }

  /// A whole number.
  public init(_ value: Int) {
    self.init(kind: .finite, isNegative: value < 0, whole: String(value.magnitude), fraction: "")
  }

  private init(kind: Kind, isNegative: Bool, whole: String, fraction: String) {
    self.kind = kind
    self.isNegative = isNegative
    self.whole = whole
    self.fraction = fraction
  }

  /// Digits after the point.
  public var scale: Int { fraction.utf8.count }
  /// Not NaN and not infinite.
  public var isFinite: Bool { kind == .finite }
  /// The value as an integer; nil when it has a fraction other than zeros or does not fit.
  public var exactInt: Int? {
    guard isFinite, significantFraction.isEmpty else { return nil }
    return Int((isNegative ? "-" : "") + whole)
  }

  /// As Postgres writes it.
  public var description: String {
    switch kind {
    case .notANumber: "NaN"
    case .positiveInfinity: "Infinity"
    case .negativeInfinity: "-Infinity"
    case .finite: (isNegative ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
    }
  }

  private var significantFraction: Substring {
    var digits = fraction[...]
    while digits.last == "0" { digits.removeLast() }
    return digits
  }

  private var isZero: Bool { isFinite && whole == "0" && significantFraction.isEmpty }

  /// By value; NaN equals itself, as in Postgres.
  public static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

  /// Equal values hash alike.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    guard isFinite else { return }
    hasher.combine(isNegative && !isZero)
    hasher.combine(whole)
    hasher.combine(significantFraction)
  }

  /// By value; NaN is greater than everything, as in Postgres.
  public static func < (left: Self, right: Self) -> Bool {
    guard left.isFinite, right.isFinite else { return left.rank < right.rank }
    if left.isZero && right.isZero { return false }
    let leftNegative = left.isNegative && !left.isZero
    let rightNegative = right.isNegative && !right.isZero
    if leftNegative != rightNegative { return leftNegative }
    return leftNegative ? magnitude(right, isLessThan: left) : magnitude(left, isLessThan: right)
  }

  private var rank: Int {
    switch kind {
    case .negativeInfinity: -1
    case .finite: 0
    case .positiveInfinity: 1
    case .notANumber: 2
    }
  }

  private static func magnitude(_ left: Self, isLessThan right: Self) -> Bool {
    if left.whole.utf8.count != right.whole.utf8.count { return left.whole.utf8.count < right.whole.utf8.count }
    if left.whole != right.whole { return left.whole < right.whole }
    return left.significantFraction < right.significantFraction
  }
}

extension PostgresNumeric: PostgresEncodable {
  /// numeric
  public static var postgresType: PostgresType { .numeric }
  /// All digits.
  public var postgresText: String? { description }
}

/// Times and sizes as Compose writes them.
public enum Quantity {
  /// Nanoseconds of each unit of time (Go's `time.ParseDuration`, which Compose uses).
  private static let times: [String: Double] = [
    "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3_600e9,
  ]
  private static let sizes: [Character: Double] = [
    "b": 1, "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776,
  ]

  /// `1h30m`, `1.5s`, `500ms`, `0`; nil for anything else, a negative time, or more than 1,000 hours.
  public static func duration(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    var rest = text[...]
    var nanoseconds = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard digits.first != nil, let number = Double(digits), let factor = times[String(unit)] else { return nil }
      nanoseconds += number * factor
    }
    guard nanoseconds <= 3.6e15 else { return nil }
    return .nanoseconds(Int64(nanoseconds))
  }

  /// `64m`, `1.5gb`, `512kib`, `1024`: units of 1024, upper or lower case; nil for anything else.
  public static func bytes(_ text: String) -> Int? {
    let lower = text.lowercased()
    let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = lower.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Double(digits), let factor = sizes[unit.first ?? "b"] else { return nil }
    guard ["", "b", "ib"].contains(unit.dropFirst()), unit != "bb", unit != "bib" else { return nil }
    let value = number * factor
    return value < 1e18 ? Int(value) : nil
  }
}

/// The expressions of a Prometheus' rules, by the names of the alerts and of the series that they make.
public struct PrometheusRules: Sendable, Equatable {
  /// Those of alerts.
  public var alerts: [String: [String]]
  /// Those of recorded series.
  public var recorded: [String: [String]]

  /// What Prometheus itself makes of alerts.
  private static let ofAlerts: Set = ["ALERTS", "ALERTS_FOR_STATE"]

  /// Rules, by name.
  public init(alerts: [String: [String]], recorded: [String: [String]]) {
    self.alerts = alerts
    self.recorded = recorded
  }

  /// An expression, and those of all recorded series that it speaks of, however indirectly; of all alerts where it
  /// speaks of any.
  public func closure(of expression: String) -> [String] {
    var all = [expression]
    var next = 0
    while next < all.count {
      let words = Self.words(of: all[next])
      var more = words.sorted().flatMap { recorded[$0] ?? [] }
      if !words.isDisjoint(with: Self.ofAlerts) { more += alerts.sorted { $0.key < $1.key }.flatMap(\.value) }
      for one in more where !all.contains(one) { all.append(one) }
      next += 1
    }
    return all
  }

  /// Of these series those that nobody makes of others.
  public func scraped(_ names: Set<String>) -> Set<String> {
    names.subtracting(recorded.keys).subtracting(Self.ofAlerts)
  }

  /// An expression in which recorded series are written out, where they stand without labels and times.
  public func writtenOut(_ expression: String) -> String {
    var text = expression
    // Rules of rules of rules; one that speaks of itself has an end, too.
    for _ in 0..<3 {
      for (name, expressions) in recorded.sorted(by: { $0.key < $1.key }) {
        guard let own = expressions.first, Self.words(of: text).contains(name) else { continue }
        // Selectors and texts whole: what stands in them is no name of a series.
        let word = /\{[^{}]*\}|"[^"]*"|[a-zA-Z_:][a-zA-Z0-9_:]*(\s*\{[^{}]*\}|\s*[\[(])?/
        text = text.replacing(word) { match in
          String(match.0) == name ? "(\(own))" : String(match.0)
        }
      }
    }
    return text
  }

  /// What may be a name in an expression; texts in quotes may be one, too: `{__name__="up"}`.
  public static func words(of expression: String) -> Set<String> {
    Set(expression.matches(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/).map { String($0.0) })
  }

  /// The selectors of an expression that have no name: `{job="gateway"}`.
  public static func nameless(in expression: String) -> [String] {
    expression.matches(of: /(?:^|[^a-zA-Z0-9_:\s])\s*(\{[^{}]+\})/).map { String($0.1) }
  }

  /// The expression as it would be `seconds` earlier by the clock, with the same figures; nil where it does not look at
  /// the clock.
  public static func earlier(_ expression: String, by seconds: Int) -> String? {
    var text = expression.replacing(/\btime\s*\(\s*\)/, with: "(time() - \(seconds))")
    text = text.replacing(
      /\b(minute|hour|day_of_week|day_of_month|day_of_year|days_in_month|month|year)\s*\(\s*\)/
    ) { "\($0.1)(vector(time() - \(seconds)))" }
    var rest = text[...]
    var result = ""
    while let match = rest.firstMatch(of: /\btimestamp\s*\(/) {
      var depth = 1
      var end = match.range.upperBound
      while end < rest.endIndex, depth > 0 {
        if rest[end] == "(" { depth += 1 } else if rest[end] == ")" { depth -= 1 }
        end = rest.index(after: end)
      }
      result += rest[..<match.range.lowerBound] + "(" + rest[match.range.lowerBound..<end] + " - \(seconds))"
      rest = rest[end...]
    }
    text = result + rest
    return text == expression ? nil : text
  }
}

/// A value of a YAML file, read with a type; what doesn't fit is reported and reads as nil.
///
/// Quotes don't matter for the type: `"3"` is a number where one is asked for, as in Compose, and `no` is a text.
public struct YAMLValue {
  /// The value with its place.
  public let node: YAMLNode
  /// The key from the top of the file: `services.inventory.ports[0]`.
  public let key: String
  /// Where problems go.
  public let problems: Problems

  /// Wraps a node.
  public init(_ node: YAMLNode, key: String, problems: Problems) {
    self.node = node
    self.key = key
    self.problems = problems
  }

  /// Where the value stands.
  public var place: YAMLPlace { node.place }

  /// Whether nothing stands after the colon, or `null`.
  public var isNull: Bool { node.content == .null }

  /// Whether it is a list.
  public var isList: Bool { if case .sequence = node.content { true } else { false } }

  /// Whether it is a map.
  public var isMap: Bool { if case .mapping = node.content { true } else { false } }

  /// Reports a problem at this value.
  public func report(_ message: String) { problems.report(message, at: place, key: key) }

  /// A text; numbers and the like as they are written.
  public func string() -> String? {
    guard case .scalar(let text, _) = node.content else {
      report("must be a single value, not \(node.kind)")
      return nil
    }
    return text
  }

  /// A text that isn't empty.
  public func name() -> String? {
    guard let text = string() else { return nil }
    if text.isEmpty { report("must not be empty") }
    return text.isEmpty ? nil : text
  }

  /// A whole number within bounds.
  public func int(_ range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
    guard let text = string() else { return nil }
    let digits = text.hasPrefix("+") ? "" : text.replacing("_", with: "")
    guard let number = Int(digits) else {
      report("must be a whole number, not `\(text)`")
      return nil
    }
    guard range.contains(number) else {
      report("must be \(Self.words(range)), not \(number)")
      return nil
    }
    return number
  }

  /// A number within bounds.
  public func double(_ range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
    -> Double?
  {
    guard let text = string() else { return nil }
    guard let number = Double(text), number.isFinite else {
      report("must be a number, not `\(text)`")
      return nil
    }
    guard range.contains(number) else {
      report("must be between \(range.lowerBound) and \(range.upperBound), not \(text)")
      return nil
    }
    return number
  }

  /// `true` or `false`.
  public func bool() -> Bool? {
    guard let text = string() else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on", "y": return true
    case "false", "no", "off", "n": return false
    default:
      report("must be true or false, not `\(text)`")
      return nil
    }
  }

  /// One of the words of an enumeration.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    guard let text = string() else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    report("must be \(names.joined(separator: ", ")), not `\(text)`\(Spelling.hint(for: text, among: names))")
    return nil
  }

  /// A time as Compose writes it: `500ms`, `1m30s`.
  public func duration() -> Duration? {
    guard let text = string() else { return nil }
    if let value = Quantity.duration(text) { return value }
    report("must be a time such as 500ms, 3s or 1m30s, not `\(text)`")
    return nil
  }

  /// A number of bytes as Compose writes it: `512k`, `64m`, `1.5gb`.
  public func bytes() -> Int? {
    guard let text = string() else { return nil }
    if let value = Quantity.bytes(text) { return value }
    report("must be a size such as 512k, 64m or 1g, not `\(text)`")
    return nil
  }

  /// The items of a list; none, with a report, if it is none.
  public func list() -> [YAMLValue] {
    guard case .sequence(let items) = node.content else {
      report("must be a list, not \(node.kind)")
      return []
    }
    return items.enumerated().map { YAMLValue($1, key: "\(key)[\($0)]", problems: problems) }
  }

  /// The texts of a list.
  public func strings() -> [String] { list().compactMap { $0.string() } }

  /// A map of keys.
  public func map() -> YAMLMap? {
    guard case .mapping(let entries) = node.content else {
      report("must be a map of keys, not \(node.kind)")
      return nil
    }
    return YAMLMap(entries, key: key, place: place, problems: problems)
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let low, Int.max): "\(low) or more"
    case (Int.min, let high): "\(high) or less"
    case (let low, let high): "\(low)...\(high)"
    }
  }
}

import Foundation

/// The parameters of the fault `toxic`: where the proxy is, and what its API (`POST /v1/toxics`) knows of a toxic,
/// under the names it has there. Only the kind is called `type`, since a fault has a kind already.
public enum ToxicParameters {
  private enum Rule {
    case number(ClosedRange<Int>)
    case seed
    case share
    case words([String])

    var allowed: String {
      switch self {
      case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
      case .seed: "a whole number from 0 to \(UInt64.max)"
      case .share: "a number from 0 to 1"
      case .words(let words): "one of \(words.joined(separator: ", "))"
      }
    }

    /// The value as JSON; `nil` when it is not allowed.
    func json(_ text: String) -> String? {
      switch self {
      case .number(let range): Int(text).flatMap { range.contains($0) ? "\($0)" : nil }
      case .seed: UInt64(text).map { "\($0)" }
      case .share: Double(text).flatMap { (0...1).contains($0) ? "\($0)" : nil }
      case .words(let words): words.contains(text) ? "\"\(text)\"" : nil
      }
    }
  }

  /// What a type takes beside `proxy`, `link`, `type` and `seed`.
  private struct Kind {
    var needed: [String] = []
    var optional: [String] = []
  }

  private static let bytes = 1...1_000_000_000_000
  private static let milliseconds = 0...600_000
  private static let rules: [String: Rule] = [
    "latency_ms": .number(milliseconds), "jitter_ms": .number(milliseconds), "after_ms": .number(milliseconds),
    "delay_ms": .number(milliseconds), "bytes_per_second": .number(1...10_000_000_000), "after_bytes": .number(bytes),
    "bytes": .number(bytes), "count": .number(1...1_000_000), "established": .words(["keep", "reset"]),
    "direction": .words(["upstream", "downstream", "both"]), "probability": .share, "seed": .seed,
  ]
  private static let kinds: [String: Kind] = [
    "latency": Kind(needed: ["latency_ms"], optional: ["jitter_ms", "direction", "probability"]),
    "bandwidth": Kind(needed: ["bytes_per_second"], optional: ["direction", "probability"]),
    "reset": Kind(optional: ["after_ms", "after_bytes", "direction", "probability"]),
    "blackhole": Kind(optional: ["direction", "probability"]),
    "slow_close": Kind(needed: ["delay_ms"], optional: ["direction", "probability"]),
    "refuse": Kind(optional: ["established"]),
    "fail_first": Kind(needed: ["count"], optional: ["probability"]),
    "limit_bytes": Kind(needed: ["bytes"], optional: ["direction", "probability"]),
    "timeout": Kind(optional: ["after_ms", "direction", "probability"]),
  ]

  /// All there are, those that every type has first.
  static let names: [String] = ["proxy", "link", "type"] + rules.keys.sorted()

  /// The types, sorted.
  public static var types: [String] { kinds.keys.sorted() }

  /// Everything that is wrong; names that no toxic has are reported elsewhere.
  static func problems(_ values: [String: String]) -> [FaultProblem] {
    var problems: [FaultProblem] = []
    for (name, most) in [("proxy", 253), ("link", 64)] {
      let text = values[name] ?? ""
      if text.isEmpty {
        problems.append(.isMissing(name))
      } else if text.utf8.count > most || !text.utf8.allSatisfy(isNameByte) {
        problems.append(.about(name, "\(text) is not a name of A-Z, a-z, 0-9, -, _ and ."))
      }
    }
    guard let type = values["type"], !type.isEmpty else { return problems + [.isMissing("type")] }
    guard let kind = kinds[type] else {
      return problems + [.about("type", "\(type) is not one of \(types.joined(separator: ", "))")]
    }
    problems += kind.needed.filter { values[$0] == nil }.map { .isMissing($0) }
    let own = kind.needed + kind.optional + ["seed"]
    for (name, text) in values.sorted(by: { $0.key < $1.key }) {
      guard let rule = rules[name] else { continue }
      if !own.contains(name) {
        problems.append(.about(name, "a \(type) toxic has none; it takes \(own.joined(separator: ", "))"))
      } else if rule.json(text) == nil {
        problems.append(.about(name, "\(text) is not \(rule.allowed)"))
      }
    }
    if type == "reset" {
      if (values["after_ms"] == nil) == (values["after_bytes"] == nil) {
        problems.append(.about(nil, "a reset toxic takes either after_ms or after_bytes"))
      } else if values["after_ms"] != nil, values["direction"] != nil {
        problems.append(.about("direction", "a reset toxic with after_ms has none"))
      }
    }
    return problems
  }

  /// The body of `POST /v1/toxics`. The parameters must have been checked.
  ///
  /// - Parameter lease: seconds; the proxy counts whole ones, so it is rounded up.
  public static func json(_ values: [String: String], id: String, lease: Double) -> String {
    var fields = ["\"id\":\"\(id)\"", "\"lease_seconds\":\(Int(lease.rounded(.up)))"]
    for (name, text) in values.sorted(by: { $0.key < $1.key }) where name != "proxy" {
      if let rule = rules[name] {
        fields.append("\"\(name)\":\(rule.json(text) ?? "null")")
      } else {
        fields.append("\"\(name == "type" ? "kind" : name)\":\"\(text)\"")
      }
    }
    return "{\(fields.joined(separator: ","))}"
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }
}

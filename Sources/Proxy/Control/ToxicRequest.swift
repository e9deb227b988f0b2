import ServiceKit

/// The body of `POST /v1/toxics`, read strictly: a field that is unknown, that the kind doesn't have or that is out of
/// range is refused by name, so that nobody takes a fault for injected that isn't.
struct ToxicRequest: Decodable, Sendable {
  var toxic: Toxic
  /// No id was given: the proxy makes one.
  var needsID: Bool

  private struct Field: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads fields and remembers which there may be.
  private struct Fields {
    let container: KeyedDecodingContainer<Field>
    var known: Set<String> = []

    mutating func number(_ name: String, _ range: ClosedRange<Int>, default fallback: Int? = nil) throws -> Int {
      guard let number = try optionalNumber(name, range) ?? fallback else {
        throw ServiceError.invalid("\(name) is missing: it must be from \(range.lowerBound) to \(range.upperBound).")
      }
      return number
    }

    mutating func optionalNumber(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
      known.insert(name)
      guard container.contains(Field(name)) else { return nil }
      guard let number = try? container.decode(Int.self, forKey: Field(name)), range.contains(number) else {
        throw ServiceError.invalid(
          "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
      }
      return number
    }

    mutating func milliseconds(_ name: String, default fallback: Int? = nil) throws -> UInt64 {
      UInt64(try number(name, 0...600_000, default: fallback)) * 1_000_000
    }

    mutating func share(_ name: String) throws -> Double {
      known.insert(name)
      guard container.contains(Field(name)) else { return 1 }
      guard let share = try? container.decode(Double.self, forKey: Field(name)), (0...1).contains(share) else {
        throw ServiceError.invalid("\(name) must be a number from 0 to 1.")
      }
      return share
    }

    mutating func word(_ name: String, _ words: [String], default fallback: String? = nil) throws -> String {
      known.insert(name)
      if !container.contains(Field(name)), let fallback { return fallback }
      guard let word = try? container.decode(String.self, forKey: Field(name)), words.contains(word) else {
        throw ServiceError.invalid("\(name) must be one of \(words.joined(separator: ", ")).")
      }
      return word
    }

    mutating func text(_ name: String, _ what: String) throws -> String? {
      known.insert(name)
      guard container.contains(Field(name)) else { return nil }
      guard let text = try? container.decode(String.self, forKey: Field(name)), Self.isName(text) else {
        throw ServiceError.invalid("\(name) must be \(what).")
      }
      return text
    }

    mutating func seed() throws -> UInt64 {
      known.insert("seed")
      guard container.contains(Field("seed")) else { return 0 }
      guard let seed = try? container.decode(UInt64.self, forKey: Field("seed")) else {
        throw ServiceError.invalid("seed must be a whole number from 0 to \(UInt64.max).")
      }
      return seed
    }

    private static func isName(_ text: String) -> Bool {
      (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
          switch byte {
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
          default: false
          }
        }
    }

    func refuseUnknown(kind: String) throws {
      let unknown = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
      guard let first = unknown.first else { return }
      throw ServiceError.invalid(
        "\(String(first.prefix(64))) is not a field of a \(kind) toxic; those are "
          + "\(known.sorted().joined(separator: ", ")).")
    }
  }

  private static let kinds = [
    "latency", "bandwidth", "reset", "blackhole", "slow_close", "refuse", "fail_first", "limit_bytes", "timeout",
  ]

  init(from decoder: any Decoder) throws {
    var fields = Fields(container: try decoder.container(keyedBy: Field.self))
    let word = try fields.word("kind", Self.kinds)
    let kind = try Self.kind(word, &fields)
    var toxic = Toxic(id: "", link: "", kind: kind, leaseSeconds: 1)
    let name = "1 to 64 of A-Z, a-z, 0-9, -, _ and ."
    let id = try fields.text("id", name)
    guard let link = try fields.text("link", "the name of a link; GET /v1/links lists them") else {
      throw ServiceError.invalid("link is missing: it must be the name of a link; GET /v1/links lists them.")
    }
    toxic.link = link
    toxic.leaseSeconds = try fields.number("lease_seconds", 1...3600)
    toxic.seed = try fields.seed()
    if case .refuse = kind {} else { toxic.probability = try fields.share("probability") }
    if kind.hasDirection {
      switch try fields.word("direction", ["upstream", "downstream", "both"], default: "downstream") {
      case "upstream": toxic.directions = [.upstream]
      case "downstream": toxic.directions = [.downstream]
      default: break
      }
    }
    try fields.refuseUnknown(kind: word)
    toxic.id = id ?? ""
    self.toxic = toxic
    needsID = id == nil
  }

  private static func kind(_ word: String, _ fields: inout Fields) throws -> ToxicKind {
    let bytes = 1...1_000_000_000_000
    switch word {
    case "latency":
      return .latency(
        delay: try fields.milliseconds("latency_ms"), jitter: try fields.milliseconds("jitter_ms", default: 0))
    case "bandwidth": return .bandwidth(bytesPerSecond: try fields.number("bytes_per_second", 1...10_000_000_000))
    case "reset":
      let time = try fields.optionalNumber("after_ms", 0...600_000)
      let count = try fields.optionalNumber("after_bytes", bytes)
      switch (time, count) {
      case (let time?, nil): return .resetAfterTime(UInt64(time) * 1_000_000)
      case (nil, let count?): return .resetAfterBytes(count)
      default:
        throw ServiceError.invalid("Give either after_ms (0 to 600000) or after_bytes (1 to \(bytes.upperBound)).")
      }
    case "blackhole": return .blackhole
    case "slow_close": return .slowClose(try fields.milliseconds("delay_ms"))
    case "refuse":
      return .refuse(resetsEstablished: try fields.word("established", ["keep", "reset"], default: "keep") == "reset")
    case "fail_first": return .failFirst(count: try fields.number("count", 1...1_000_000))
    case "limit_bytes": return .limitBytes(try fields.number("bytes", bytes))
    default: return .timeout(try fields.optionalNumber("after_ms", 0...600_000).map { UInt64($0) * 1_000_000 })
    }
  }
}

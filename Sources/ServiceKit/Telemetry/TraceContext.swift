public import Instrumentation

/// Where in a trace a request stands: W3C Trace Context, version 00 (https://www.w3.org/TR/trace-context/).
public struct TraceContext: Sendable, Equatable {
  /// 32 lower-case hexadecimal digits, not all zero.
  public var traceID: String
  /// 16 lower-case hexadecimal digits, not all zero: the caller's span in a header that came in, ours in one going out.
  public var spanID: String
  /// Whether the caller records the trace.
  public var isSampled: Bool

  /// A new trace.
  public init() {
    var generator = SystemRandomNumberGenerator()
    traceID = Self.hexadecimal(generator.next(), generator.next() | 1)
    spanID = Self.hexadecimal(generator.next() | 1)
    isSampled = true
  }

  /// Reads a `traceparent` header; nil when it isn't valid, and then a new trace begins (section 3.2.2.2 of the
  /// standard).
  public init?(header: String) {
    let parts = header.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, Self.isHexadecimal(parts[0]), parts[0] != "ff" else { return nil }
    // Version 00 has exactly four parts; later ones may have more.
    guard parts[0] != "00" || parts.count == 4 else { return nil }
    guard parts[1].utf8.count == 32, Self.isHexadecimal(parts[1]), parts[1].contains(where: { $0 != "0" }),
      parts[2].utf8.count == 16, Self.isHexadecimal(parts[2]), parts[2].contains(where: { $0 != "0" }),
      parts[3].utf8.count == 2, Self.isHexadecimal(parts[3]), let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    traceID = String(parts[1])
    spanID = String(parts[2])
    isSampled = flags & 1 == 1
  }

  /// The same trace, one span further down.
  public func child() -> TraceContext {
    var generator = SystemRandomNumberGenerator()
    var child = self
    child.spanID = Self.hexadecimal(generator.next() | 1)
    return child
  }

  /// The `traceparent` header of a request made now.
  public var header: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

  private static func isHexadecimal(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func hexadecimal(_ words: UInt64...) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: words.count * 16) { buffer in
      for (index, word) in words.enumerated() {
        for position in 0..<16 {
          buffer[index * 16 + position] = digits[Int(word >> UInt64(60 - 4 * position) & 15)]
        }
      }
      return words.count * 16
    }
  }
}

private enum TraceKey: ServiceContextKey {
  typealias Value = TraceContext
}

extension ServiceContext {
  /// The trace that the current request belongs to.
  public var trace: TraceContext? {
    get { self[TraceKey.self] }
    set { self[TraceKey.self] = newValue }
  }
}

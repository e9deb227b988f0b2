public import Instrumentation
import StableHash
import Synchronization

/// Where in a trace a request stands: W3C Trace Context, version 00 (https://www.w3.org/TR/trace-context/).
///
/// Numbers, for each request has one and few are ever written down.
public struct TraceContext: Sendable, Equatable {
  private var high: UInt64
  private var low: UInt64
  private var span: UInt64
  /// Whether the caller records the trace.
  public var isSampled: Bool

  /// A new trace.
  public init() {
    (high, low, span) = TraceNumbers.shared.withLock { ($0.next(), $0.next() | 1, $0.next() | 1) }
    isSampled = true
  }

  /// Reads a `traceparent` header; nil when it isn't valid, and then a new trace begins (section 3.2.2.2 of the
  /// standard).
  public init?(header: String) {
    let parts = header.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, let version = Self.number(parts[0], digits: 2), version != 0xff else { return nil }
    // Version 00 has exactly four parts; later ones may have more.
    guard version != 0 || parts.count == 4, parts[1].count == 32,
      let high = Self.number(parts[1].prefix(16), digits: 16), let low = Self.number(parts[1].suffix(16), digits: 16),
      high | low != 0, let span = Self.number(parts[2], digits: 16), span != 0,
      let flags = Self.number(parts[3], digits: 2)
    else { return nil }
    self.high = high
    self.low = low
    self.span = span
    isSampled = flags & 1 == 1
  }

  /// 32 lower-case hexadecimal digits, not all zero.
  public var traceID: String { Self.text(high, low) }
  /// 16 lower-case hexadecimal digits, not all zero: the caller's span in a header that came in, ours in one going out.
  public var spanID: String { Self.text(span) }

  /// The same trace, one span further down.
  public func child() -> TraceContext {
    var child = self
    child.span = TraceNumbers.shared.withLock { $0.next() | 1 }
    return child
  }

  /// The `traceparent` header of a request made now.
  public var header: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

  /// Exactly so many digits, and none of them upper-case: the standard allows no others.
  private static func number(_ text: Substring.UTF8View, digits: Int) -> UInt64? {
    guard text.count == digits else { return nil }
    var value: UInt64 = 0
    for byte in text {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }

  private static func text(_ words: UInt64...) -> String {
    String(unsafeUninitializedCapacity: words.count * 16) { buffer in
      for (index, word) in words.enumerated() {
        for position in 0..<16 {
          let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * position) & 15)
          buffer[index * 16 + position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
      }
      return words.count * 16
    }
  }
}

/// The numbers of traces and spans: nobody else's, but no secret, so that the kernel is asked once and not thrice for
/// each request.
private struct TraceNumbers: Sendable {
  static let shared = Mutex(TraceNumbers(state: .random(in: 0 ... .max)))

  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= StableHash.step
    return StableHash.mix(state)
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

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RequestEvent {
  /// Its line in a history's file, as `JSONEncoder` would write it.
  ///
  /// By hand, for there are thousands a second of them, and the generator must be punctual meanwhile.
  func line(at time: Int64) -> Data {
    var line = JSONLine()
    line.add("at", time)
    line.add("code", code)
    line.add("detail", detail)
    line.add("done_ns", done)
    line.add("instance", instance)
    line.add("key", key)
    line.add("labels", labels) { $0.append(text: $1) }
    line.add("op", op)
    line.add("outcome", outcome.rawValue)
    line.add("scheduled_ns", scheduled)
    line.add("sent_ns", sent)
    line.add("status", status.map(Int64.init))
    line.add("stream", stream)
    line.add("target", target)
    line.add("type", "request")
    line.add("values", values) { $0.append(number: $1) }
    return line.finished
  }
}

/// A JSON object on its way.
private struct JSONLine {
  private var bytes: [UInt8]

  init() {
    bytes = []
    bytes.reserveCapacity(384)
  }

  var finished: Data { Data(bytes + [UInt8(ascii: "}")]) }

  mutating func add(_ key: StaticString, _ value: Int64?) {
    guard let value else { return }
    begin(key)
    append(number: value)
  }

  mutating func add(_ key: StaticString, _ value: String?) {
    guard let value else { return }
    begin(key)
    append(text: value)
  }

  mutating func add<Value>(
    _ key: StaticString, _ values: [String: Value]?, _ write: (inout JSONLine, Value) -> Void
  ) {
    guard let values else { return }
    begin(key)
    var isFirst = true
    bytes.append(UInt8(ascii: "{"))
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      append(text: name)
      bytes.append(UInt8(ascii: ":"))
      write(&self, value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func begin(_ key: StaticString) {
    bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
  }

  mutating func append(number: Int64) { bytes.append(contentsOf: String(number).utf8) }

  mutating func append(text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
      case 0x08: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "b")])
      case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
      case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
      case 0x0C: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "f")])
      case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
      case 0..<0x20:
        let hexadecimal = String(byte, radix: 16)
        bytes.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - hexadecimal.count))\(hexadecimal)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// A command in the protocol's own form (RESP, redis.io/docs/reference/protocol-spec), made on the caller's thread.
struct RedisCommand: Sendable {
  let bytes: [UInt8]

  /// What every Redis takes; one before 7 closes the connection over more.
  static let mostWords = 1 << 20

  /// - Parameter maxBytes: the most bytes that the words may have together.
  /// - Throws: `.invalidCommand` for a command that is empty or too large, or one whose replies don't come one for one.
  init(_ words: [RedisArgument], maxBytes: Int) throws {
    let size = words.reduce(0) { $0 + $1.bytes.count }
    guard words.count <= Self.mostWords, size <= maxBytes else {
      throw RedisError(
        code: .invalidCommand,
        message: "a command of \(words.count) words and \(size) bytes; "
          + "at most \(Self.mostWords) words and \(maxBytes) bytes are sent")
    }
    guard let name = words.first?.text.uppercased(), !name.isEmpty else {
      throw RedisError(code: .invalidCommand, message: "the command is empty")
    }
    guard !Self.unsupported.contains(name) else {
      throw RedisError(code: .invalidCommand, message: "\(name) is not supported: its replies don't come one for one")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 16 * (words.count + 1))
    Self.append("*", words.count, to: &bytes)
    for word in words {
      Self.append("$", word.bytes.count, to: &bytes)
      bytes.append(contentsOf: word.bytes)
      bytes.append(13)
      bytes.append(10)
    }
    self.bytes = bytes
  }

  private static let unsupported: Set<String> = [
    "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC",
    "CLIENT REPLY", "QUIT",
  ]

  private static func append(_ kind: Character, _ number: Int, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "\(kind)\(number)\r\n".utf8)
  }
}

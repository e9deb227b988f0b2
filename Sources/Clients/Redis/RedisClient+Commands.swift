/// The commands that the services use; for all others there is `command`.
extension RedisClient {
  /// The text of a key; nil when there is none. Bytes that are not UTF-8 are an error.
  public nonisolated(nonsending) func get(_ key: String, timeout: Duration? = nil) async throws -> String? {
    let reply = try await command(["GET", RedisArgument(key)], timeout: timeout)
    if reply.isNull { return nil }
    guard let text = reply.string else { throw unexpected("GET", reply, "text") }
    return text
  }

  /// The bytes of a key; nil when there is none.
  public nonisolated(nonsending) func getBytes(_ key: String, timeout: Duration? = nil) async throws -> [UInt8]? {
    let reply = try await command(["GET", RedisArgument(key)], timeout: timeout)
    if reply.isNull { return nil }
    guard let bytes = reply.bytes else { throw unexpected("GET", reply, "bytes") }
    return bytes
  }

  /// Sets a key.
  ///
  /// - Parameters:
  ///   - px: time to live, 1 ms or more; nil: for ever.
  ///   - nx: only when the key is not there.
  /// - Returns: whether it was set; always true without `nx`.
  @discardableResult
  public nonisolated(nonsending) func set(
    _ key: String, _ value: RedisArgument, px: Duration? = nil, nx: Bool = false, timeout: Duration? = nil
  ) async throws -> Bool {
    var words: [RedisArgument] = ["SET", RedisArgument(key), value]
    if let px { words += ["PX", RedisArgument(max(1, px.wholeMilliseconds))] }
    if nx { words.append("NX") }
    let reply = try await command(words, timeout: timeout)
    if reply.isNull { return false }
    guard reply.string == "OK" else { throw unexpected("SET", reply, "OK") }
    return true
  }

  /// Sets a key to a text.
  @discardableResult
  public nonisolated(nonsending) func set(
    _ key: String, _ value: String, px: Duration? = nil, nx: Bool = false, timeout: Duration? = nil
  ) async throws -> Bool {
    try await set(key, RedisArgument(value), px: px, nx: nx, timeout: timeout)
  }

  /// Removes keys; gives how many there were.
  @discardableResult
  public nonisolated(nonsending) func del(_ keys: String..., timeout: Duration? = nil) async throws -> Int {
    if keys.isEmpty { return 0 }
    return try await integer(["DEL"] + keys.map { RedisArgument($0) }, timeout)
  }

  /// Adds to an integer key (0 when there is none) and gives the sum.
  @discardableResult
  public nonisolated(nonsending) func incr(_ key: String, by amount: Int = 1, timeout: Duration? = nil) async throws
    -> Int
  {
    try await integer(["INCRBY", RedisArgument(key), RedisArgument(amount)], timeout)
  }

  /// Gives a key a time to live (1 ms or more); false when there is no such key.
  @discardableResult
  public nonisolated(nonsending) func expire(_ key: String, _ ttl: Duration, timeout: Duration? = nil) async throws
    -> Bool
  {
    try await integer(["PEXPIRE", RedisArgument(key), RedisArgument(max(1, ttl.wholeMilliseconds))], timeout) == 1
  }

  /// Returns when the server has answered.
  public nonisolated(nonsending) func ping(timeout: Duration? = nil) async throws {
    let reply = try await command(["PING"], timeout: timeout)
    guard reply.string == "PONG" else { throw unexpected("PING", reply, "PONG") }
  }

  /// Runs a Lua script.
  @discardableResult
  public nonisolated(nonsending) func eval(
    _ script: String, keys: [String] = [], arguments: [RedisArgument] = [], timeout: Duration? = nil
  ) async throws -> RedisValue {
    let words: [RedisArgument] = ["EVAL", RedisArgument(script), RedisArgument(keys.count)]
    return try await command(words + keys.map { RedisArgument($0) } + arguments, timeout: timeout)
  }

  private nonisolated(nonsending) func integer(_ words: [RedisArgument], _ timeout: Duration?) async throws -> Int {
    let reply = try await command(words, timeout: timeout)
    guard case .integer(let value) = reply else { throw unexpected(words[0].text, reply, "an integer") }
    return value
  }

  private func unexpected(_ command: String, _ reply: RedisValue, _ wanted: String) -> RedisError {
    RedisError(code: .unexpectedReply, message: "\(command) was answered with \(reply.kind) in place of \(wanted)")
  }
}

extension RedisArgument {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Duration {
  /// Rounded up.
  var wholeMilliseconds: Int {
    Int(components.seconds) * 1000 + Int((components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}

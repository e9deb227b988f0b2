import Logging

extension RedisClient {
  /// A client that logs nothing, for whoever has no log: a look from outside, a fault.
  public init(_ configuration: RedisConfiguration) {
    self.init(configuration, logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Removes the keys that match a pattern (as `KEYS` has them: `product:*`); those that come meanwhile may stay.
  ///
  /// - Returns: how many there were.
  @discardableResult
  public nonisolated(nonsending) func unlink(matching pattern: String) async throws -> Int {
    var count = 0
    try await scan(pattern) { names in count += try await command(["UNLINK"] + names).integer ?? 0 }
    return count
  }

  /// Lets every key that matches `pattern` live no longer than `ttl`; those that end sooner stay as they are. Redis 7.
  ///
  /// - Returns: how many were to live longer.
  @discardableResult
  public nonisolated(nonsending) func shorten(matching pattern: String, to ttl: Duration) async throws -> Int {
    let milliseconds = RedisArgument("\(Int(ttl / .milliseconds(1)))")
    var count = 0
    try await scan(pattern) { names in
      for name in names { count += try await command(["PEXPIRE", name, milliseconds, "LT"]).integer ?? 0 }
    }
    return count
  }

  /// Gives the keys that match `pattern`, some at a time; one may come twice.
  private nonisolated(nonsending) func scan(
    _ pattern: String, _ body: nonisolated(nonsending) ([RedisArgument]) async throws -> Void
  ) async throws {
    var cursor = "0"
    repeat {
      let reply = try await command(
        ["SCAN", RedisArgument(cursor), "MATCH", RedisArgument(pattern), "COUNT", "1000"])
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let keys = parts[1].array else {
        throw RedisError(code: .unexpectedReply, message: "SCAN was answered with \(reply.kind)")
      }
      let names = keys.compactMap(\.bytes).map { RedisArgument($0) }
      if !names.isEmpty { try await body(names) }
      cursor = next
    } while cursor != "0"
  }
}

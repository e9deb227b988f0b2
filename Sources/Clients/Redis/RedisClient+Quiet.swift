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
    var cursor = "0"
    var count = 0
    repeat {
      let reply = try await command(
        ["SCAN", RedisArgument(cursor), "MATCH", RedisArgument(pattern), "COUNT", "1000"])
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let keys = parts[1].array else {
        throw RedisError(code: .unexpectedReply, message: "SCAN was answered with \(reply.kind)")
      }
      let names = keys.compactMap(\.bytes)
      if !names.isEmpty { count += try await command(["UNLINK"] + names.map { RedisArgument($0) }).integer ?? 0 }
      cursor = next
    } while cursor != "0"
    return count
  }
}

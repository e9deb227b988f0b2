import Clients

/// Looks into a Redis from outside.
public struct RedisProbe: Sendable {
  /// Where the server listens.
  public var host: String
  /// Its port.
  public var port: Int
  /// Its password.
  public var password: String

  /// A probe of the server at `host`.
  public init(host: String, port: Int = 6379, password: String) {
    self.host = host
    self.port = port
    self.password = password
  }

  /// Sets `key`, and waits until it is gone, at most `timeout`.
  ///
  /// - Returns: whether somebody deleted it within that time.
  /// - Throws: when the server can't be asked.
  public func loses(_ key: String, within timeout: Duration) async throws -> Bool {
    let redis = RedisClient(RedisConfiguration(host: host, port: port, password: password))
    do {
      // It ends by itself only long after anybody looks.
      try await redis.set(key, "look", px: timeout + .seconds(60))
      let deadline = ContinuousClock.now + timeout
      var isThere = true
      while isThere, ContinuousClock.now < deadline, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(20))
        isThere = try await redis.get(key) != nil
      }
      if isThere { try await redis.del(key) }
      await redis.shutDown()
      return !isThere
    } catch {
      await redis.shutDown()
      throw error
    }
  }
}

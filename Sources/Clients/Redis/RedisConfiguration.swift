/// Where and how to connect to Redis.
public struct RedisConfiguration: Sendable {
  /// Name or address, resolved afresh for each connection.
  public var host: String
  /// TCP port, 1...65535.
  public var port: Int
  /// User name for AUTH (Redis 6 and later); nil: the default user.
  public var username: String?
  /// Password for AUTH; nil: none.
  public var password: String?
  /// Database number.
  public var database: Int
  /// How many connections share the commands, 1 or more. One is enough for most: commands are pipelined.
  public var connections: Int
  /// How long connecting may take, name resolution and AUTH included.
  public var connectTimeout: Duration
  /// How long a command may take when the call says nothing.
  public var commandTimeout: Duration
  /// The pause after the first failure to connect; it doubles with each further one, and is jittered by half.
  public var backoffBase: Duration
  /// The longest such pause.
  public var backoffCap: Duration
  /// The most commands without a reply on one connection; further ones are refused.
  public var maxInFlight: Int
  /// The largest command, in bytes of its words together; larger ones are refused with `.invalidCommand`. Redis closes
  /// the connection over a word above its `proto-max-bulk-len` (512 MB), and all that waits on it fails; and it is the
  /// one thread of all clients that copies and sends a command.
  public var maxCommandBytes: Int

  /// Settings with their defaults.
  public init(
    host: String, port: Int = 6379, username: String? = nil, password: String? = nil, database: Int = 0,
    connections: Int = 1, connectTimeout: Duration = .seconds(2), commandTimeout: Duration = .milliseconds(500),
    backoffBase: Duration = .milliseconds(20), backoffCap: Duration = .seconds(1), maxInFlight: Int = 16_384,
    maxCommandBytes: Int = 32 << 20
  ) {
    self.host = host
    self.port = port
    self.username = username
    self.password = password
    self.database = database
    self.connections = max(1, connections)
    self.connectTimeout = connectTimeout
    self.commandTimeout = commandTimeout
    self.backoffBase = backoffBase
    self.backoffCap = backoffCap
    self.maxInFlight = max(1, maxInFlight)
    self.maxCommandBytes = max(1, maxCommandBytes)
  }
}

public import Clients

/// How a service uses its database. `<P>` is the service's name in capitals.
///
/// - `<P>_DATABASE_HOST`, `_PORT` (5432), `_NAME`, `_USER` (both by default what the service calls its database),
///   `_PASSWORD_FILE` (none: no password).
/// - `<P>_DATABASE_STATEMENTS` (`prepared` or `unnamed`, default `prepared`): unnamed ones are for poolers.
/// - `<P>_STATEMENT_TIMEOUT` (ms, default 5000): how long one statement may take.
/// - `<P>_POOL_MAX` (connections, default 10): the most connections this instance opens.
/// - `<P>_POOL_MIN_IDLE` (connections, default 0): how many it keeps open, from the start.
/// - `<P>_POOL_IDLE_TIMEOUT` (ms, default 0: never): after which an idle connection is closed.
/// - `<P>_POOL_MAX_LIFETIME` (ms, default 0: for ever): after which any connection is closed.
/// - `<P>_POOL_ACQUIRE_TIMEOUT` (ms, default 500): how long a request waits for a connection before it gets 503.
/// - `<P>_POOL_CONNECT_TIMEOUT` (ms, default 2000): how long opening one may take.
/// - `<P>_SQL_DIR` (folder, default none): its `*.sql` files replace built-in statements of the same name.
public struct DatabaseSettings: Sendable {
  /// Where and how to connect.
  public var connection: PostgresConfiguration
  /// How many connections, and for how long.
  public var pool: PoolSettings
  /// The folder with SQL files, if any.
  public var sqlDirectory: String?
  /// From where is read; by default everything from the primary. Services that know replicas read it by themselves.
  public var reads = ReadSettings()

  /// Settings as given.
  public init(connection: PostgresConfiguration, pool: PoolSettings, sqlDirectory: String? = nil) {
    self.connection = connection
    self.pool = pool
    self.sqlDirectory = sqlDirectory
  }

  /// Reads the settings named above.
  /// - Parameters:
  ///   - prefix: the service's name in capitals.
  ///   - database: what database and role are called by default.
  public init(reading reader: inout SettingsReader, prefix: String, database: String) {
    let service = prefix.lowercased()
    let statements: Statements = reader.choice("\(prefix)_DATABASE_STATEMENTS", default: .prepared)
    connection = PostgresConfiguration(
      host: reader.requiredText("\(prefix)_DATABASE_HOST", allowed: "the name or address of the database server"),
      port: reader.integer("\(prefix)_DATABASE_PORT", default: 5432, in: 1...65_535, unit: "TCP port"),
      database: reader.text("\(prefix)_DATABASE_NAME", default: database),
      user: reader.text("\(prefix)_DATABASE_USER", default: database),
      password: reader.secretFile("\(prefix)_DATABASE_PASSWORD_FILE"),
      applicationName: service, statements: statements == .prepared ? .prepared : .unnamed,
      statementTimeout: reader.milliseconds("\(prefix)_STATEMENT_TIMEOUT", default: 5000))
    let most = reader.integer("\(prefix)_POOL_MAX", default: 10, in: 1...10_000, unit: "connections")
    let minIdle = reader.integer("\(prefix)_POOL_MIN_IDLE", default: 0, in: 0...10_000, unit: "connections")
    if minIdle > most {
      reader.report("\(prefix)_POOL_MIN_IDLE", value: "\(minIdle)", allowed: "at most \(prefix)_POOL_MAX, \(most)")
    }
    let day = 86_400_000
    pool = PoolSettings(
      name: service, max: most, minIdle: minIdle,
      idleTimeout: reader.milliseconds("\(prefix)_POOL_IDLE_TIMEOUT", default: 0, in: 0...day),
      maxLifetime: reader.milliseconds("\(prefix)_POOL_MAX_LIFETIME", default: 0, in: 0...day),
      acquireTimeout: reader.milliseconds("\(prefix)_POOL_ACQUIRE_TIMEOUT", default: 500),
      connectTimeout: reader.milliseconds("\(prefix)_POOL_CONNECT_TIMEOUT", default: 2000))
    sqlDirectory = reader.optionalText("\(prefix)_SQL_DIR")
  }

  private enum Statements: String, CaseIterable { case prepared, unnamed }
}

/// How a service uses Redis. `<P>` is the service's name in capitals.
///
/// - `<P>_REDIS_HOST` (default none: no Redis), `_PORT` (6379), `_PASSWORD_FILE` (none: no password).
/// - `<P>_REDIS_TIMEOUT` (ms, default 100): how long one command may take.
public struct RedisSettings: Sendable {
  /// Where and how to connect.
  public var connection: RedisConfiguration

  /// Settings as given.
  public init(connection: RedisConfiguration) {
    self.connection = connection
  }

  /// Reads the settings named above; nil when no Redis is set.
  public init?(reading reader: inout SettingsReader, prefix: String) {
    let host = reader.optionalText("\(prefix)_REDIS_HOST")
    let port = reader.integer("\(prefix)_REDIS_PORT", default: 6379, in: 1...65_535, unit: "TCP port")
    let password = reader.secretFile("\(prefix)_REDIS_PASSWORD_FILE")
    let timeout = reader.milliseconds("\(prefix)_REDIS_TIMEOUT", default: 100)
    guard let host else { return nil }
    connection = RedisConfiguration(
      host: host, port: port, password: password, connectTimeout: .seconds(1), commandTimeout: timeout)
  }
}

/// Where and how to connect to Postgres.
public struct PostgresConfiguration: Sendable {
  /// Which statements are sent.
  public enum Statements: String, Sendable {
    /// Named prepared statements, each parsed once a connection: the quickest.
    case prepared
    /// Unnamed statements: what poolers in transaction mode (PgBouncer before 1.21) need.
    case unnamed
  }

  /// Whether TLS is used; the words are libpq's `sslmode`.
  public enum TLSMode: String, Sendable {
    /// Never.
    case disable
    /// When the server offers it.
    case prefer
    /// Always, without checking the certificate.
    case require
    /// Always, with a check of certificate and name.
    case verifyFull = "verify-full"
  }

  /// Name or address; a path that begins with `/` is the folder of a unix socket. Resolved afresh for each connection.
  public var host: String
  /// TCP port, 1...65535.
  public var port: Int
  /// Database name.
  public var database: String
  /// Role.
  public var user: String
  /// Password; nil for trust or peer authentication.
  public var password: String?
  /// Shown in `pg_stat_activity`.
  public var applicationName: String
  /// TLS mode, by default off.
  public var tls: TLSMode
  /// Prepared (default) or unnamed.
  public var statements: Statements
  /// How long a statement may take when the call says nothing; nil: as long as it likes.
  public var statementTimeout: Duration?
  /// How long the server gets to confirm a cancel or a rollback before the connection is closed instead.
  public var cancelGrace: Duration
  /// Further libpq parameters, for instance `["replication": "database"]` for a walsender, which has slots of its own
  /// and takes only `simpleQuery`. `options` is refused by PgBouncer.
  public var parameters: [String: String]

  /// Settings with their defaults.
  public init(
    host: String, port: Int = 5432, database: String, user: String, password: String? = nil,
    applicationName: String = "firedrill", tls: TLSMode = .disable, statements: Statements = .prepared,
    statementTimeout: Duration? = .seconds(5), cancelGrace: Duration = .seconds(2), parameters: [String: String] = [:]
  ) {
    self.host = host
    self.port = port
    self.database = database
    self.user = user
    self.password = password
    self.applicationName = applicationName
    self.tls = tls
    self.statements = statements
    self.statementTimeout = statementTimeout
    self.cancelGrace = cancelGrace
    self.parameters = parameters
  }
}

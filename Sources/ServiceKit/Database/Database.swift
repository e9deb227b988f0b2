public import Clients
public import Hummingbird
public import Logging
public import ServiceLifecycle

/// A service's database: its pool, its replicas and its statements.
public struct Database<Name: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
  /// The pool. Run it among the service's services.
  public let client: PostgresClient
  private let statements: SQLCatalogue<Name>
  private let sampler: ConnectionSampler
  private let settings: DatabaseSettings
  private let reads: ReadRouter

  /// The statements that measure replicas: one writes a heartbeat on the primary and gives, in microseconds, when the
  /// newest was written and what the server's clock says ($1: ms that must have passed since the last); the other gives
  /// when the newest was written that a replica has.
  public typealias Heartbeat = (beat: Name, look: Name)

  /// Connects to nothing yet.
  /// - Parameters:
  ///   - connections: the statement that gives how many clients the server has and how many it takes.
  ///   - heartbeat: the statements that measure replicas; nil: this service has none.
  ///   - readiness: where stale replicas are named.
  ///   - builtIn: the text of the file `<name>.sql`.
  /// - Throws: `SQLCatalogue.FolderError`.
  public init(
    _ settings: DatabaseSettings, logger: Logger, connections: Name, heartbeat: Heartbeat? = nil,
    readiness: Readiness? = nil, builtIn: (Name) -> [UInt8]
  ) throws {
    self.settings = settings
    client = PostgresClient(settings.connection, pool: settings.pool, logger: logger)
    statements = try SQLCatalogue(folder: settings.sqlDirectory, builtIn: builtIn)
    sampler = ConnectionSampler(database: settings.connection.database, sql: statements[connections])
    let beats = heartbeat.map { [statements] names in
      ReplicaSet.Heartbeat(
        beat: PostgresQuery(
          sql: statements[names.beat], binds: [settings.reads.heartbeatInterval.milliseconds.postgresValue]),
        look: PostgresQuery(sql: statements[names.look]))
    }
    let replicas = settings.reads.instances.map {
      ReplicaSet(settings, $0, heartbeat: beats, readiness: readiness, logger: logger)
    }
    reads = ReadRouter(settings.reads, pool: settings.pool.name, replicas: replicas)
  }

  /// What must run among the service's services: the pool, and what keeps an eye on the replicas.
  public var services: [any Service] { [client] + (reads.replicas.map { [$0] } ?? []) }

  /// Has the routes that are added from now on take and give tokens, if the settings want users to see what they wrote.
  public func addReadYourWrites(to router: FleetRouter) {
    guard settings.reads.readYourWrites != .none else { return }
    router.addMiddleware { ReadAfterMiddleware(service: settings.pool.name, pinFor: settings.reads.pinFor) }
  }

  /// Runs one statement that decides nothing: where the settings and the request's token want it, replica or primary.
  /// - Throws: `PostgresError`; `ServiceError` 503 when no replica is far enough and the primary isn't to be asked.
  public func read(_ name: Name, _ binds: any PostgresEncodable...) async throws -> PostgresResult {
    let query = PostgresQuery(sql: statements[name], binds: binds.map { $0.postgresValue })
    return try await reads.read(query) { try await run(query) }
  }

  /// Runs one statement on any connection to the primary.
  public func rows(_ name: Name, _ binds: any PostgresEncodable...) async throws -> PostgresResult {
    try await run(PostgresQuery(sql: statements[name], binds: binds.map { $0.postgresValue }))
  }

  private func run(_ query: PostgresQuery) async throws -> PostgresResult {
    guard sampler.isDue() else { return try await client.query(query) }
    let sampler = self.sampler
    return try await client.withConnection { connection in
      let result = try await connection.query(query)
      await sampler.sample(connection)
      return result
    }
  }

  /// Runs statements in one transaction: all or none of them count.
  ///
  /// Wait for nothing but the database in `body`: it holds one of few connections. In a request whose writes the user
  /// is to see later, the transaction counts as a write.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (DatabaseTransaction<Name>) async throws -> Value
  ) async throws -> Value {
    let statements = self.statements
    let sampler = self.sampler
    let isDue = sampler.isDue()
    let reads = settings.reads
    return try await client.withConnection { connection in
      let value = try await connection.withTransaction { connection in
        if let level = reads.synchronousCommit {
          try await connection.simpleQuery("SET LOCAL synchronous_commit = \(level.rawValue)")
        }
        return try await body(DatabaseTransaction(connection: connection, statements: statements))
      }
      if reads.readYourWrites != .none, let session = ReadSession.current {
        session.wrote(await ReadToken.afterCommit(on: connection, reads))
      }
      if isDue { await sampler.sample(connection) }
      return value
    }
  }

  /// Whether the database answers. A pool whose connections are all at work proves that it does: an instance isn't
  /// unready for being busy, or one slow statement takes every instance out at once.
  /// - Throws: `PostgresError`.
  public func check() async throws {
    do {
      try await client.query(PostgresQuery(sql: "SELECT 1"))
    } catch let error as PostgresError where error.code == .poolTimeout && error.cause == nil {
      return
    }
  }
}

/// A transaction under way.
public struct DatabaseTransaction<Name: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
  let connection: PostgresConnection
  let statements: SQLCatalogue<Name>

  /// Runs one statement.
  @discardableResult
  public func rows(_ name: Name, _ binds: any PostgresEncodable...) async throws -> PostgresResult {
    try await connection.query(PostgresQuery(sql: statements[name], binds: binds.map { $0.postgresValue }))
  }
}

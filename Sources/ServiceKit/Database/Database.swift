public import Clients
public import Logging

/// A service's database: its pool and its statements.
public struct Database<Name: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
  /// The pool. Run it among the service's services.
  public let client: PostgresClient
  private let statements: SQLCatalogue<Name>
  private let sampler: ConnectionSampler

  /// Connects to nothing yet.
  /// - Parameters:
  ///   - connections: the statement that gives how many clients the server has and how many it takes.
  ///   - builtIn: the text of the file `<name>.sql`.
  /// - Throws: `SQLCatalogue.FolderError`.
  public init(
    _ settings: DatabaseSettings, logger: Logger, connections: Name, builtIn: (Name) -> [UInt8]
  ) throws {
    client = PostgresClient(settings.connection, pool: settings.pool, logger: logger)
    statements = try SQLCatalogue(folder: settings.sqlDirectory, builtIn: builtIn)
    sampler = ConnectionSampler(database: settings.connection.database, sql: statements[connections])
  }

  /// Runs one statement on any connection.
  public func rows(_ name: Name, _ binds: any PostgresEncodable...) async throws -> PostgresResult {
    let query = PostgresQuery(sql: statements[name], binds: binds.map { $0.postgresValue })
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
  /// Wait for nothing but the database in `body`: it holds one of few connections.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (DatabaseTransaction<Name>) async throws -> Value
  ) async throws -> Value {
    let statements = self.statements
    let sampler = self.sampler
    let isDue = sampler.isDue()
    return try await client.withConnection { connection in
      let value = try await connection.withTransaction { connection in
        try await body(DatabaseTransaction(connection: connection, statements: statements))
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

public import Clients

/// Looks into a Postgres from outside, also when no ordinary slot is left.
///
/// A login with `replication=database` takes none of the slots of `max_connections` (walsenders are counted apart, see
/// "Streaming Replication Protocol" in the manual) and understands plain SQL by the simple protocol.
public struct DatabaseProbe: Sendable {
  /// Where the server listens.
  public var host: String
  /// Its port.
  public var port: Int
  /// The database that is looked into.
  public var database: String
  /// The superuser's name.
  public var user: String
  /// The superuser's password.
  public var password: String

  /// A probe of the database at `host`.
  public init(host: String, port: Int = 5432, database: String, user: String, password: String) {
    self.host = host
    self.port = port
    self.database = database
    self.user = user
    self.password = password
  }

  /// Runs `sql` as the superuser and gives its rows as text: by a replication login, and where the server allows none,
  /// by an ordinary one.
  ///
  /// - Throws: `PostgresError` of the ordinary login or of the statement.
  public func query(_ sql: String, timeout: Duration = .seconds(5)) async throws -> PostgresTextResult {
    let walsender: PostgresConnection
    do {
      walsender = try await PostgresConnection.connect(
        configuration(
          user: user, password: password, parameters: Self.patient.merging(["replication": "database"]) { $1 }))
    } catch {
      return try await PostgresConnection.with(
        configuration(user: user, password: password, parameters: Self.patient)
      ) {
        try await $0.simpleQuery(sql, timeout: timeout)
      }
    }
    do {
      let result = try await walsender.simpleQuery(sql, timeout: timeout)
      await walsender.close()
      return result
    } catch {
      await walsender.close()
      throw error
    }
  }

  /// Opens an ordinary session of the superuser for `body`: what it holds is let go when it ends, whatever ends it.
  ///
  /// - Throws: `PostgresError` of the login; whatever `body` throws.
  public nonisolated(nonsending) func session<R>(
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> R
  ) async throws -> R {
    try await PostgresConnection.with(
      configuration(user: user, password: password, parameters: Self.patient), body)
  }

  /// What came of somebody's attempt to log in.
  public enum Login: Sendable, Equatable {
    /// They are in, and the server answers.
    case allowed
    /// They are not: the server said so in these words, or nobody listens there.
    case refused(String)
    /// Nobody knows: no answer in time, or the connection was lost.
    case dead(String)
  }

  /// Whether `role` can open an ordinary session and use it, as an operator does with psql.
  public func login(as role: String, password: String, timeout: Duration = .seconds(2)) async -> Login {
    do {
      try await PostgresConnection.with(configuration(user: role, password: password), connectTimeout: timeout) {
        _ = try await $0.simpleQuery("SELECT 1", timeout: timeout)
      }
      return .allowed
    } catch let error as PostgresError where error.sqlState != nil || Self.isClosedDoor(error) {
      return .refused(error.message)
    } catch {
      return .dead("\(error)")
    }
  }

  /// ECONNREFUSED: libpq gives the system's words only.
  private static func isClosedDoor(_ error: PostgresError) -> Bool {
    error.code == .connectionRefused && error.message.contains("Connection refused")
  }

  /// Whether the server said that it takes no more connections: Postgres (53300), or PgBouncer (08P01 and its words).
  private static func isFull(_ error: any Error) -> Bool {
    guard let error = error as? PostgresError else { return false }
    return error.sqlState == "53300" || error.sqlState == "08P01"
      || error.message.contains("no more connections allowed")
  }

  /// Opens ordinary sessions of `role` until the server is full or there are `limit`, counts them, and closes them.
  ///
  /// - Throws: when a session could not be opened for any other reason: then nothing is known about the room.
  public func room(as role: String, password: String, limit: Int) async throws -> (opened: Int, refusal: String?) {
    var open: [PostgresConnection] = []
    var refusal: String?
    var trouble: (any Error)?
    while open.count < limit, refusal == nil, trouble == nil {
      // Sixteen at a time: quick, and yet no more than the server's queue of new connections takes.
      let wave = min(16, limit - open.count)
      let results = await withTaskGroup(of: Result<PostgresConnection, any Error>.self) { group in
        for _ in 0..<wave {
          group.addTask {
            do {
              let settings = configuration(user: role, password: password)
              return .success(try await PostgresConnection.connect(settings, timeout: .seconds(3)))
            } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for result in results {
        switch result {
        case .success(let connection): open.append(connection)
        case .failure(let error) where Self.isFull(error):
          refusal = (error as? PostgresError)?.message ?? "\(error)"
        case .failure(let error): trouble = error
        }
      }
    }
    for connection in open { await connection.close() }
    if let trouble { throw trouble }
    return (open.count, refusal)
  }

  private func configuration(
    user: String, password: String, parameters: [String: String] = [:]
  ) -> PostgresConfiguration {
    PostgresConfiguration(
      host: host, port: port, database: database, user: user, password: password, applicationName: "operator",
      statements: .unnamed, parameters: parameters)
  }

  /// Time-outs that a lab sets for everybody must not end what the judge holds or asks. (Only for sessions with the
  /// server itself: a pooler refuses them.)
  private static let patient = [
    "options": [
      "idle_in_transaction_session_timeout", "idle_session_timeout", "lock_timeout", "statement_timeout",
    ].map { "-c \($0)=0" }.joined(separator: " ")
  ]
}

/// A value as an SQL literal. The probes speak the simple protocol, which has no binds.
public func sqlLiteral(_ text: String) -> String {
  // With standard_conforming_strings on (the default since 9.1) only the quote is special; E'' would be without.
  "'" + text.replacing("'", with: "''") + "'"
}

import Clients
import Foundation
import TestFiles
import TestServers

/// The shop's databases as a lab has them: from the same schema files.
enum ShopDatabases {
  /// Makes roles, databases and tables on a fresh server.
  static func create(on postgres: TestPostgres) async throws {
    for name in ["inventory", "orders", "payments"] {
      try await run("CREATE ROLE \(name) LOGIN", on: postgres, database: "postgres")
      try await run("CREATE DATABASE \(name)", on: postgres, database: "postgres")
      try await run(Repository.text("compose/lab/sql/\(name)/schema.sql"), on: postgres, database: name)
    }
  }

  /// Runs SQL as the superuser and gives the first value, if any.
  @discardableResult
  static func run(_ sql: String, on postgres: TestPostgres, database: String) async throws -> String? {
    try await PostgresConnection.with(superuser(of: postgres, database: database)) { connection in
      try await connection.simpleQuery(sql, timeout: .seconds(20)).rows.first?.first ?? nil
    }
  }

  /// How the superuser connects.
  static func superuser(of postgres: TestPostgres, database: String) -> PostgresConfiguration {
    PostgresConfiguration(host: postgres.address, port: postgres.port, database: database, user: "postgres")
  }
}

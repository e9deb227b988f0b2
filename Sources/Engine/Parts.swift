import Foundation

/// The programs of Debian's that a lab runs.
public struct Part: Sendable, Equatable {
  /// The program's name.
  public let program: String
  /// Debian's package that brings it.
  public let package: String

  /// All that labs need.
  public static let all = [
    Part(program: "postgres", package: "postgresql"),
    Part(program: "psql", package: "postgresql-client"),
    Part(program: "redis-server", package: "redis-server"),
    Part(program: "pgbouncer", package: "pgbouncer"),
    Part(program: "prometheus", package: "prometheus"),
    Part(program: "prometheus-postgres-exporter", package: "prometheus-postgres-exporter"),
    Part(program: "prometheus-redis-exporter", package: "prometheus-redis-exporter"),
  ]

  /// Folders in which nodes look for programs; the newest Postgres server comes before everything of the system's.
  public static var path: String {
    ["/app/bin", postgresPrograms, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
      .compactMap { $0 }.joined(separator: ":")
  }

  /// Debian keeps a server's programs in a folder of its version, off the path.
  static var postgresPrograms: String? {
    let base = "/usr/lib/postgresql"
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).compactMap { Int($0) }
    return versions.max().map { "\(base)/\($0)/bin" }
  }

  /// Where the program is, or nil.
  public var location: String? {
    Self.path.split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// What is not here.
  public static var missing: [Part] { all.filter { $0.location == nil } }

  /// The one line that installs some parts.
  public static func installLine(_ parts: [Part]) -> String {
    let packages = Set(parts.map(\.package)).sorted().joined(separator: " ")
    return "\(getuid() == 0 ? "" : "sudo ")apt-get install --no-install-recommends \(packages)"
  }
}

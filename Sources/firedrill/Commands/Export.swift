import ArgumentParser
import Controller
import Engine
import Foundation
import Topology
import Verification

/// `export`
struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what was changed in the running servers down into the lab's files.",
    discussion: """
      ALTER SYSTEM goes into the postgresql.conf of the server, CONFIG SET into its redis.conf; indexes, tables, \
      functions and settings of roles that are new go into sql/DATABASE/schema.sql, new tables with their rows. \
      Rows of tables that were there, scaling, stopped and paused nodes are not written down: what `firedrill verify` \
      judges has to stand in files.
      """)
  @OptionGroup var lab: LabOptions

  func run() async throws {
    let folder = lab.folder
    let nodes = try await lab.controller().status().nodes
    let topology = try Topology.load(lab: folder.path)
    let operating = OperatorCommand(lab: folder, run: try lab.runDirectory(), installation: try Installation.find())
    var written: [String] = []
    var failures = 0
    for service in topology.services where !service.judge {
      guard let node = nodes.first(where: { $0.service == service.name && $0.isUp }) else { continue }
      do {
        if let config = service.environment["POSTGRES_CONFIG"] {
          let server = PostgresExport(node: node, service: service, folder: folder, operating: operating)
          written += try await server.settings(in: config)
          written += try await server.schemas()
        } else if let config = service.environment["REDIS_CONFIG"] {
          written += try await RedisExport(node: node, folder: folder, operating: operating).settings(in: config)
        }
      } catch {
        // A server that lets nobody in keeps its own; what others have is written down all the same.
        failures += 1
        Console.error("\(node.name): \(error)")
      }
      let planned = topology.instances(of: service.name).count
      let running = nodes.count { $0.service == service.name }
      if planned != running { Console.note("\(service.name): \(running) instances run, \(planned) stand in the files") }
    }
    for line in written { Console.out(line) }
    if written.isEmpty, failures == 0 { Console.note("nothing is changed that does not stand in the files") }
    ChangeLog(path: folder.changeLog).add("export: \(written.count) files written", .look)
    if failures > 0 { throw ExitCode(ExitStatus.failed) }
  }
}

/// A file of the lab as its nodes name it: `/lab/postgres` is `postgres`.
private func own(_ path: String, of folder: LabFolder) throws -> String {
  guard path.hasPrefix("/lab/"), !path.split(separator: "/").contains("..") else {
    throw EngineError("\(path) is no part of the lab's folder", code: .usage)
  }
  return folder.path + path.dropFirst("/lab".count)
}

extension OperatorCommand {
  /// The output of a command that has to succeed.
  fileprivate func output(
    of command: [String], environment: [String: String] = [:], input: String? = nil, seconds: Int = 60
  ) async throws -> String {
    let result = try await run(command, environment: environment, input: input, timeout: .seconds(seconds))
    guard result.status == 0 else {
      throw EngineError("\(command[0]) ended with \(result.status): \(result.output.suffix(1000))")
    }
    return result.output
  }
}

/// What was changed in a running Postgres.
private struct PostgresExport {
  let node: NodeStatus
  let service: Topology.Service
  let folder: LabFolder
  let operating: OperatorCommand

  /// Rows of a new table beyond this are left to people.
  private static let mostRowBytes = 5 << 20
  /// What a server writes into that file by itself when it is made.
  private static let itsOwn = "'primary_conninfo', 'primary_slot_name'"

  private func sql(_ text: String, database: String = "postgres") async throws -> [[String]] {
    let out = try await operating.output(
      of: [
        "psql", "-XqAt", "-F", "\u{1F}", "-v", "ON_ERROR_STOP=1", "-h", node.address, "-U", "postgres", "-d", database,
        "-f", "-",
      ], input: text)
    return out.split(separator: "\n").map { row in
      row.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// ALTER SYSTEM.
  func settings(in config: String) async throws -> [String] {
    let rows = try await sql(
      """
      SELECT name, setting FROM pg_file_settings
      WHERE sourcefile LIKE '%/postgresql.auto.conf' AND name NOT IN (\(Self.itsOwn)) ORDER BY seqno
      """)
    let path = try own(config, of: folder) + "/postgresql.conf"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let values = rows.filter { $0.count == 2 }.map { (name: $0[0], value: $0[1]) }
    let changed = SettingsFile.text(text, setting: values, style: .postgres)
    guard !values.isEmpty, changed != text else { return [] }
    try changed.write(toFile: path, atomically: true, encoding: .utf8)
    return ["\(config.dropFirst(5))/postgresql.conf: \(values.map(\.name).joined(separator: ", ")) (from \(node.name))"]
  }

  /// CREATE INDEX and the like, in each database that the server's files make.
  func schemas() async throws -> [String] {
    let databases = (service.environment["POSTGRES_DATABASES"] ?? "").split(separator: " ").map(String.init)
    var written: [String] = []
    for database in databases { if let line = try await schema(of: database) { written.append(line) } }
    return written
  }

  private func schema(of database: String) async throws -> String? {
    let name = "sql/\(database)/schema.sql"
    let path = "\(folder.path)/\(name)"
    let fresh = try await ofFiles(database, schema: path)
    let changes = try await dump(database).changes(from: fresh.dump)
    for line in changes.unsaid { Console.note("\(name): \(line): nobody but you can write that down") }
    var parts = changes.removed + changes.before.map(\.text)
    for table in changes.newTables { if let rows = try await rows(of: table, in: database) { parts.append(rows) } }
    parts += changes.after.map(\.text)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    parts += try await roleSettings(of: database).filter { !fresh.settings.contains($0) && !text.contains($0) }
    guard !parts.isEmpty else { return nil }
    let heading = "\n-- Written down from the running server by `firedrill export`.\n"
    try (text + heading + parts.joined(separator: "\n\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let objects = changes.removed + changes.made.map { "\($0.type.lowercased()) \($0.name)" }
    return "\(name): " + (objects.isEmpty ? "settings of roles" : objects.joined(separator: ", "))
  }

  private func dump(_ database: String, _ more: [String] = ["--schema-only"]) async throws -> SchemaDump {
    let command = ["pg_dump", "-h", node.address, "-U", "postgres", "--no-owner"] + more + [database]
    return SchemaDump(parsing: try await whole(command))
  }

  /// More than what is kept of a command's output: through a file.
  private func whole(_ command: [String]) async throws -> String {
    let temporary = try PrivateFolder.make("export")
    let interrupt = Interrupt { EmergencyStop.begin(nil) }
    defer {
      PrivateFolder.remove(temporary)
      interrupt.cancel()
    }
    let file = temporary + "/out"
    _ = try await operating.output(of: command + ["--file", file])
    return try String(contentsOfFile: file, encoding: .utf8)
  }

  /// What the lab's files make of an empty database, in one beside it that is gone afterwards; its settings with the
  /// real one's name.
  private func ofFiles(_ database: String, schema path: String) async throws -> (dump: SchemaDump, settings: [String]) {
    let scratch = "firedrill_export_\(UInt32.random(in: 0...UInt32.max))"
    _ = try await sql("CREATE DATABASE \(scratch)")
    do {
      _ = try await operating.output(
        of: [
          "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-h", node.address, "-U", "postgres", "-d", scratch, "-o",
          "/dev/null", "-f", path,
        ], environment: ["PGOPTIONS": "-c synchronous_commit=off"])
      let settings = try await roleSettings(of: scratch).map { $0.replacing(scratch, with: database) }
      let result = (try await dump(scratch), settings)
      _ = try await sql("DROP DATABASE \(scratch) WITH (FORCE)")
      return result
    } catch {
      _ = try? await sql("DROP DATABASE \(scratch) WITH (FORCE)")
      throw error
    }
  }

  private func rows(of table: String, in database: String) async throws -> String? {
    let parts = table.split(separator: ".", maxSplits: 1).map { "\"\($0)\"" }.joined(separator: ".")
    let size = try await sql("SELECT pg_table_size('\(parts.replacing("'", with: "''"))')", database: database)
    guard let bytes = size.first?.first.flatMap({ Int($0) }), bytes <= Self.mostRowBytes else {
      Console.note("sql/\(database)/schema.sql: \(table) has more rows than are written down here")
      return nil
    }
    let text = try await whole(
      ["pg_dump", "-h", node.address, "-U", "postgres", "--data-only", "--table", parts, database])
    return SchemaDump(parsing: text).entries.map(\.text).joined(separator: "\n\n")
  }

  /// ALTER ROLE ... SET and ALTER DATABASE ... SET, as statements. (Lists are kept as they are to be written.)
  private func roleSettings(of database: String) async throws -> [String] {
    let rows = try await sql(
      """
      SELECT CASE WHEN setrole = 0 THEN format('ALTER DATABASE %I SET ', d.datname)
          WHEN setdatabase = 0 THEN format('ALTER ROLE %I SET ', setrole::regrole::text)
          ELSE format('ALTER ROLE %I IN DATABASE %I SET ', setrole::regrole::text, d.datname) END
        || CASE WHEN split_part(item, '=', 1) IN ('search_path', 'temp_tablespaces', 'local_preload_libraries',
            'session_preload_libraries')
          THEN format('%I TO %s;', split_part(item, '=', 1), substr(item, strpos(item, '=') + 1))
          ELSE format('%I TO %L;', split_part(item, '=', 1), substr(item, strpos(item, '=') + 1)) END
      FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) AS item
      WHERE d.datname = '\(database)' OR setdatabase = 0 AND setrole::regrole::text = '\(database)'
      """)
    return rows.compactMap(\.first)
  }
}

/// What was changed in a running Redis.
private struct RedisExport {
  let node: NodeStatus
  let folder: LabFolder
  let operating: OperatorCommand

  /// What is a server's own, and no setting of the lab's.
  private static let itsOwn: Set<String> = [
    "bind", "dir", "logfile", "masterauth", "masteruser", "pidfile", "port", "requirepass", "unixsocket",
  ]
  /// A second server with the settings of the files, for as long as it takes to ask it. $1 is the file.
  private static let fresh = """
    set -eu
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    printf 'include %s\\nport 0\\nunixsocket %s/socket\\ndir %s\\n' "$1" "$place" "$place" |
      redis-server - >"$place/log" 2>&1 &
    until redis-cli -s "$place/socket" PING >"$place/answer" 2>&1; do kill -0 $! && sleep 0.05; done
    redis-cli -s "$place/socket" CONFIG GET '*'
    redis-cli -s "$place/socket" SHUTDOWN NOSAVE >"$place/answer" 2>&1 || true
    """

  /// CONFIG SET.
  func settings(in config: String) async throws -> [String] {
    guard let pid = node.pid else { return [] }
    let password = try String(contentsOfFile: folder.secrets + "/redis-password", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let live = Self.values(
      try await operating.output(
        of: ["redis-cli", "-h", node.address, "CONFIG", "GET", "*"], environment: ["REDISCLI_AUTH": password]))
    let made = try await CommandRunner.run(
      NodeCommand.line(["sh", "-c", Self.fresh, "sh", config], inNode: pid, by: Installation.find()),
      timeout: .seconds(10))
    guard made.status == 0 else { throw EngineError("a second Redis for comparison did not start: \(made.output)") }
    let fresh = Self.values(made.output)
    let changed = live.filter { !Self.itsOwn.contains($0.key) && fresh[$0.key] != $0.value }
      .sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    guard !changed.isEmpty else { return [] }
    let path = try own(config, of: folder)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try SettingsFile.text(text, setting: changed, style: .redis).write(toFile: path, atomically: true, encoding: .utf8)
    return ["\(config.dropFirst(5)): \(changed.map(\.name).joined(separator: ", ")) (from \(node.name))"]
  }

  /// Names and values, a line each, in turn.
  private static func values(_ output: String) -> [String: String] {
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return stride(from: 0, to: lines.count - 1, by: 2).reduce(into: [:]) { $0[lines[$1]] = lines[$1 + 1] }
  }
}

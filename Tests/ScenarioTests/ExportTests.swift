import Foundation
import Testing

/// What somebody has done to running servers is written down, and a lab that is started again has it.
extension SideBySideTests {
  @Suite(.serialized) struct ExportTests {
    @Test func whatWasDoneByHandOutlivesTheLab() throws {
      let cli = try CLI()
      defer { try? cli.finish() }
      try cli.start("base")
      let nothing = try cli.run("postmortem")
      #expect(nothing.status == 64 && nothing.errors.contains("nothing happened"), "\(nothing.errors)")
      #expect(try cli.run("export").out.isEmpty, "a lab that nobody has touched has nothing to write down")
      let sql = [
        "ALTER SYSTEM SET work_mem = '12MB'", "CREATE INDEX by_price ON inventory.products (price_cents)",
        "CREATE TABLE inventory.extra (a int PRIMARY KEY, b text)",
        "INSERT INTO inventory.extra VALUES (1, 'x;y'), (2, E'z\\n--')", "ALTER ROLE inventory SET lock_timeout = '2s'",
      ].flatMap { ["-c", $0] }
      let done = try cli.launch(["psql", "--", "-d", "inventory"] + sql).wait(20)
      #expect(done.status == 0, "\(done.errors)")
      #expect(try cli.run("redis-cli", "--", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru").out == "OK\n")
      let written = try cli.run("export")
      #expect(
        written.out == """
          postgres/postgresql.conf: work_mem (from postgres)
          sql/inventory/schema.sql: table extra, constraint extra extra_pkey, index by_price
          redis/redis.conf: maxmemory-policy (from redis)

          """, "\(written.errors)")
      #expect(try cli.run("export").out.isEmpty)
      #expect(try cli.run("stop").status == 0)
      let again = try cli.run("start", "--continue")
      #expect(again.status == 0, "\(again.errors)")
      let look = [
        "SHOW work_mem", "SELECT b FROM inventory.extra WHERE a = 2",
        "SELECT count(*) FROM pg_indexes WHERE indexname = 'by_price'",
        "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'inventory'::regrole",
      ].flatMap { ["-c", $0] }
      let found = try cli.launch(["psql", "--", "-d", "inventory", "-At"] + look).wait(20)
      #expect(found.out == "12MB\nz\n--\n1\n{lock_timeout=2s}\n", "\(found.errors)")
      #expect(try cli.run("redis-cli", "--", "CONFIG", "GET", "maxmemory-policy").out.contains("allkeys-lru"))
      try aResetTakesItBack(cli)
    }

    /// Files, data and servers are as they began; what is not the topology's stays: secrets, logs, the post-mortem.
    private func aResetTakesItBack(_ cli: CLI) throws {
      let files = FileManager.default
      let own = ["own/notes.txt", "postmortem.md", "logs/notes.txt"].map { "\(cli.lab)/\($0)" }
      try files.createDirectory(atPath: cli.lab + "/own", withIntermediateDirectories: true)
      for path in own { try "mine\n".write(toFile: path, atomically: true, encoding: .utf8) }
      try files.removeItem(atPath: cli.lab + "/preflight")
      let secret = try String(contentsOfFile: cli.lab + "/secrets/postgres-password", encoding: .utf8)
      let changed = try cli.run("diff").out.matches(of: /(?m)^\+\+\+ \.\/(\S+)/).map { String($0.1) }
      #expect(
        changed.sorted() == [
          "own/notes.txt", "postgres/postgresql.conf", "preflight", "redis/redis.conf", "sql/inventory/schema.sql",
        ])
      let reset = try cli.run("reset")
      #expect(reset.status == 0, "\(reset.errors)")
      #expect(try cli.run("diff").out == "nothing is changed\n")
      #expect(own.map(files.fileExists(atPath:)) == [false, true, true])
      #expect(files.isExecutableFile(atPath: cli.lab + "/preflight"))
      #expect(try String(contentsOfFile: cli.lab + "/secrets/postgres-password", encoding: .utf8) == secret)
      let look = ["SHOW work_mem", "SELECT to_regclass('inventory.extra') IS NULL"].flatMap { ["-c", $0] }
      let found = try cli.launch(["psql", "--", "-d", "inventory", "-At"] + look).wait(20)
      #expect(found.out == "4MB\nt\n", "\(found.errors)")
      #expect(try cli.run("redis-cli", "--", "CONFIG", "GET", "maxmemory-policy").out.contains("noeviction"))
      #expect(try cli.run("changes").out.contains("reset: files, data and nodes as they began"))
    }

    @Test func takingUpALabNamesNoneAndNeedsOne() throws {
      let cli = try CLI()
      #expect(try cli.run("start", "--continue").status == 64)
      #expect(try cli.run("start", "base", "--continue").status == 64)
      #expect(try cli.run("start", "--continue", "--force").status == 64)
      #expect(try cli.run("start").status == 64)
    }
  }
}

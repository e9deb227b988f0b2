import Foundation
import NIOHTTP1
import ServiceKit
import TestServers
import Testing

/// Reads from a replica that has stopped applying, and what helps users to see their own writes all the same.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StaleReadTests {
  private func options(
    _ policy: ReadSettings.ReadYourWrites, _ more: @escaping @Sendable (inout ReadSettings) -> Void = { _ in }
  ) -> ShopUnderTest.Options {
    var options = ShopUnderTest.Options()
    options.replicas = 1
    options.reads = { reads in
      reads.source = .replica
      reads.readYourWrites = policy
      more(&reads)
    }
    return options
  }

  /// The cookies of a reply, as a browser sends them back.
  private func cookies(_ reply: Browser.Reply) -> String {
    reply.headers["Set-Cookie"].map { $0.split(separator: ";")[0] }.joined(separator: "; ")
  }

  private func pause(_ shop: ShopUnderTest) async throws {
    // What was written before the pause must be there.
    let place = try #require(try await shop.sql("postgres", "SELECT pg_current_wal_lsn()"))
    try await eventually("the replica has the session's tables", within: 10) {
      try await shop.replicaSQL(0, "SELECT pg_last_wal_replay_lsn() >= '\(place)'") == "t"
    }
    try await shop.replicaSQL(0, "SELECT pg_wal_replay_pause()")
  }

  @Test func withoutPolicyAnOrderIsMissingUntilTheReplicaHasIt() async throws {
    try await ShopUnderTest.with(options(.none)) { shop in
      let session = try await shop.session()
      try await pause(shop)
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      #expect(placed.status == 201)
      #expect(placed.headers["X-Read-After"].isEmpty && placed.headers["Set-Cookie"].isEmpty)
      let path = "/orders/\(placed.string("id"))"
      #expect(try await shop.get(path, session: session).status == 404)
      #expect(try await shop.get("/orders", session: session).body == #"{"orders":[]}"#)
      // What decides doesn't ask the replica.
      #expect(try await shop.place(session, key: "k", [("SKU-0001", 1)]).body == placed.body)
      let cancelled = try await Browser.send(
        .POST, shop.gateway, "\(path)/cancel", headers: ["Cookie": "session=\(session)"])
      #expect(cancelled.status == 200)
      try await shop.replicaSQL(0, "SELECT pg_wal_replay_resume()")
      try await eventually("the order shows", within: 10) { try await shop.get(path, session: session).status == 200 }
    }
  }

  @Test(arguments: [ReadSettings.ReadYourWrites.lsnToken, .pin])
  func withATokenTheOrderIsThere(policy: ReadSettings.ReadYourWrites) async throws {
    try await ShopUnderTest.with(options(policy)) { shop in
      let session = try await shop.session()
      try await pause(shop)
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      #expect(placed.status == 201)
      let token = try #require(placed.headers.first(name: "X-Read-After"))
      #expect(cookies(placed) == "read_after=\(token)")
      let path = "/orders/\(placed.string("id"))"
      let byCookie = ["Cookie": "session=\(session); \(cookies(placed))"]
      let byHeader = ["Cookie": "session=\(session)", "X-Read-After": token]
      for headers in [byCookie, byHeader, byCookie.merging(["X-Read-After": token]) { $1 }] {
        let shown = try await Browser.send(.GET, shop.gateway, path, headers: headers)
        #expect(shown.status == 200 && shown.body == placed.body)
        let list = try await Browser.send(.GET, shop.gateway, "/orders", headers: headers)
        #expect((list.json["orders"] as? [Any])?.count == 1)
      }
      #expect(try await shop.get(path, session: session).status == 404, "without its token")

      let begin = ContinuousClock.now
      let unknown = try await Browser.send(
        .GET, shop.gateway, "/orders/0af76519-16cd-43dd-8448-eb211c80319c", headers: byCookie)
      let took = ContinuousClock.now - begin
      print("measured: an unknown id with a token of \(policy) took \(took)")
      #expect(unknown.status == 404 && took < .milliseconds(2300))

      let cancelled = try await Browser.send(.POST, shop.gateway, "\(path)/cancel", headers: byCookie)
      let later = try #require(cancelled.headers.first(name: "X-Read-After"))
      #expect(later >= token)
      let shown = try await Browser.send(
        .GET, shop.gateway, path, headers: ["Cookie": "session=\(session); read_after=\(later)"])
      #expect(shown.string("status") == "cancelled")
    }
  }

  @Test func aTokenIsWaitedForAndThenThereIsThePrimaryOrAnError() async throws {
    let patient = options(.lsnToken) {
      $0.wait = .seconds(5)
      $0.fallback = .error
    }
    try await ShopUnderTest.with(patient) { shop in
      let session = try await shop.session()
      let early = try await shop.place(session, key: "early", [("SKU-0001", 1)])
      let before = try await shop.reads("replayed")
      // A healthy replica has it at once, and is what is read from.
      let first = try await Browser.send(
        .GET, shop.gateway, "/orders/\(early.string("id"))",
        headers: ["Cookie": "session=\(session); \(cookies(early))"])
      #expect(first.status == 200)
      #expect(try await shop.reads("replayed") == before + 1)

      try await pause(shop)
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let headers = ["Cookie": "session=\(session); \(cookies(placed))"]
      let path = "/orders/\(placed.string("id"))"
      // A session whose last statement asks how far the replica is has read nothing after it.
      let waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'orders' AND query ~ 'wal_replay_lsn'"
      #expect(try await shop.replicaSQL(0, waits) == "f")
      async let waiting = Browser.send(.GET, shop.gateway, path, headers: headers)
      try await eventually("the read waits", within: 4) { try await shop.replicaSQL(0, waits) == "t" }
      try await shop.replicaSQL(0, "SELECT pg_wal_replay_resume()")
      #expect(try await waiting.status == 200)
      #expect(try await shop.reads("replayed") == before + 2)
    }
    let strict = options(.lsnToken) {
      $0.wait = .milliseconds(20)
      $0.fallback = .error
    }
    try await ShopUnderTest.with(strict) { shop in
      let session = try await shop.session()
      try await pause(shop)
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let refused = try await Browser.send(
        .GET, shop.gateway, "/orders/\(placed.string("id"))",
        headers: ["Cookie": "session=\(session); \(cookies(placed))"])
      #expect(refused.status == 503 && refused.code == "not_replayed")
      #expect(refused.headers.first(name: "Retry-After") == "1")
    }
  }

  @Test func forgedTokensHarmNobody() async throws {
    try await ShopUnderTest.with(options(.lsnToken)) { shop in
      let session = try await shop.session()
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let path = "/orders/\(placed.string("id"))"
      try await eventually("the order shows", within: 10) { try await shop.get(path, session: session).status == 200 }
      for token in [
        "x", "order-l", "order-lffffffffffffffff", "order-pffffffffffffffff", "order-p7fffffffffffffff", "'; DROP",
        "inventory-lffffffffffffffff", String(repeating: "a", count: 5000), ",,,,,", "order-l0000000000000000",
      ] {
        for headers in [
          ["Cookie": "session=\(session)", "X-Read-After": token],
          ["Cookie": "session=\(session); read_after=\(token)"],
        ] {
          let reply = try await Browser.send(.GET, shop.gateway, path, headers: headers)
          #expect(reply.status == 200, "\(token.prefix(40)): \(reply.status) \(reply.body)")
        }
      }
    }
  }

  @Test func aReplicaThatIsDownIsDoneWithout() async throws {
    try await ShopUnderTest.with(options(.none)) { shop in
      let session = try await shop.session()
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let path = "/orders/\(placed.string("id"))"
      try await eventually("the order shows", within: 10) { try await shop.get(path, session: session).status == 200 }
      try await shop.replicas[0].halt()
      var longest = Duration.zero
      for _ in 0..<20 {
        let begin = ContinuousClock.now
        #expect(try await shop.get(path, session: session).status == 200)
        longest = max(longest, ContinuousClock.now - begin)
      }
      print("measured: the slowest read with the replica down took \(longest)")
      #expect(longest < .milliseconds(2500))
      let before = try await shop.reads("balanced")
      try await shop.replicas[0].resume()
      try await eventually("it is read from again", within: 10) {
        _ = try await shop.get(path, session: session)
        return try await shop.reads("balanced") > before
      }
    }
  }

  @Test func aReplicaThatHangsIsDoneWithout() async throws {
    try await ShopUnderTest.with(options(.none)) { shop in
      let session = try await shop.session()
      let placed = try await shop.place(session, key: "k", [("SKU-0001", 1)])
      let path = "/orders/\(placed.string("id"))"
      try await eventually("the order shows", within: 10) { try await shop.get(path, session: session).status == 200 }
      let text = "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE usename = 'orders'"
      let pids = try #require(try await shop.replicaSQL(0, text)).split(separator: " ").compactMap { pid_t($0) }
      #expect(!pids.isEmpty)
      for pid in pids { kill(pid, SIGSTOP) }
      defer { for pid in pids { kill(pid, SIGCONT) } }
      let begin = ContinuousClock.now
      #expect(try await shop.get(path, session: session).status == 200)
      let took = ContinuousClock.now - begin
      print("measured: a read whose replica hung took \(took)")
      #expect(took < .seconds(4))
    }
  }

  @Test func aTokenNamesTheWriteAlsoWhenCommitsWaitForNothing() async throws {
    let hasty = options(.lsnToken) { $0.synchronousCommit = .off }
    try await ShopUnderTest.with(hasty) { shop in
      let session = try await shop.session()
      let before = try await shop.reads("replayed") + shop.reads("not_replayed")
      for number in 0..<10 {
        let placed = try await shop.place(session, key: "k\(number)", [("SKU-0001", 1)])
        let shown = try await Browser.send(
          .GET, shop.gateway, "/orders/\(placed.string("id"))",
          headers: ["Cookie": "session=\(session); \(cookies(placed))"])
        #expect(shown.status == 200)
      }
      let after = try await shop.reads("replayed") + shop.reads("not_replayed")
      #expect(after == before + 10)
    }
  }

  @Test func commitsWaitForWhatTheSettingsSay() async throws {
    let patient = options(.none) { $0.synchronousCommit = .remoteApply }
    try await ShopUnderTest.with(patient) { shop in
      try await shop.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
      try await shop.sql("postgres", "SELECT pg_reload_conf()")
      try await eventually("commits wait for the replica", within: 10) {
        try await shop.sql("postgres", "SELECT sync_state FROM pg_stat_replication") == "sync"
      }
      // Who lets commits wait is the checkpointer, and a checkpoint begins with a look at the settings.
      try await shop.sql("postgres", "CHECKPOINT")
      let session = try await shop.session()
      for number in 0..<10 {
        let placed = try await shop.place(session, key: "k\(number)", [("SKU-0001", 1)])
        #expect(try await shop.get("/orders/\(placed.string("id"))", session: session).status == 200)
      }
    }
  }
}

extension ShopUnderTest {
  /// Runs SQL on a replica and gives the first value, if any.
  @discardableResult
  func replicaSQL(_ index: Int, _ text: String, database: String = "postgres") async throws -> String? {
    try await ShopDatabases.run(text, on: replicas[index], database: database)
  }

  /// A metric of the order service; 0 when it isn't shown.
  func metric(_ beginning: String) async throws -> Double {
    let text = try await Browser.send(.GET, order, "/metrics").body
    let line = text.split(separator: "\n").first { $0.hasPrefix(beginning) }
    return line.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0
  }

  /// How many reads of the order service had this reason.
  func reads(_ reason: String) async throws -> Double {
    let source = ["balanced", "replayed"].contains(reason) ? "replica" : "primary"
    return try await metric("db_reads_total{pool=\"order\",reason=\"\(reason)\",source=\"\(source)\"}")
  }
}

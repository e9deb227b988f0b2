import Clients
import DrillCore
import Probes
import TestServers
import Testing

@testable import Grading

/// What the judge does about pages, on real servers.
@Suite(.serialized) struct PagesLookTests {
  private static let tables = """
    CREATE SCHEMA inventory;
    CREATE TABLE inventory.products (sku text PRIMARY KEY, price_cents bigint NOT NULL, updated_at timestamptz);
    CREATE TABLE inventory.reviews (id bigint PRIMARY KEY, sku text NOT NULL, customer integer NOT NULL,
      stars smallint NOT NULL, helpful integer NOT NULL DEFAULT 0, written_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO inventory.products SELECT 'SKU-' || n, 100 * n, now() FROM generate_series(1, 5) AS n;
    INSERT INTO inventory.reviews (id, sku, customer, stars) SELECT n, 'SKU-' || 1 + n % 5, n, 3
      FROM generate_series(1, 10) AS n;
    """

  private func with(_ body: @Sendable (DatabaseProbe) async throws -> Void) async throws {
    try await withPostgres(settings: [:], password: "secret") { server in
      let probe = DatabaseProbe(
        host: server.address, port: server.port, database: "postgres", user: "postgres", password: "secret")
      _ = try await probe.query(Self.tables)
      try await body(probe)
    }
  }

  @Test(arguments: [1, 3]) func anEditDoesWhatItSays(reviews: Int) async throws {
    try await with { probe in
      var random = SeededRandom(seed: 7, name: "test")
      // Customer 3 has reviewed SKU-4 before.
      let edit = PagesEdit(
        skus: ["SKU-2", "SKU-4"], reviews: reviews, known: ["SKU-4": 3], trial: "t", random: &random)
      #expect(try await probe.query(edit.priceSQL).commandTag == edit.tag(of: .price))
      #expect(try await probe.query(edit.reviewsSQL).commandTag == edit.tag(of: .reviews))
      let rows = try await probe.query(
        """
        SELECT sku, price_cents, (SELECT count(DISTINCT customer) FROM inventory.reviews r WHERE r.sku = p.sku)
        FROM inventory.products p ORDER BY sku
        """
      ).rows
      let (rise, more) = (edit.amount(of: .price), edit.amount(of: .reviews))
      #expect((1...500).contains(rise) && more == reviews)
      #expect(
        rows == [
          ["SKU-1", "100", "2"], ["SKU-2", "\(200 + rise)", "\(2 + more)"], ["SKU-3", "300", "2"],
          ["SKU-4", "\(400 + rise)", "\(2 + more)"], ["SKU-5", "500", "2"],
        ])
      let all = try await probe.query("SELECT count(*) FROM inventory.reviews").rows
      #expect(all == [["\(10 + 2 * reviews + 1)"]])
      // Once more, as the next trial does it.
      #expect(try await probe.query(edit.reviewsSQL).commandTag == edit.tag(of: .reviews))
    }
  }

  @Test func aSessionHoldsATableUntilItEnds() async throws {
    struct Cut: Error {}
    try await with { probe in
      let count = "SELECT count(*) FROM inventory.reviews"
      do {
        try await probe.session { session in
          try await session.simpleQuery("BEGIN")
          try await session.simpleQuery("LOCK TABLE inventory.reviews IN ACCESS EXCLUSIVE MODE")
          #expect((try? await probe.query(count, timeout: .milliseconds(200))) == nil)
          throw Cut()
        }
      } catch is Cut {}
      try await eventually("the table is let go") {
        try await probe.query(count, timeout: .milliseconds(500)).rows == [["10"]]
      }
    }
  }

  @Test func aDeletedKeyIsSeenToGo() async throws {
    let server = try await TestRedis.start(password: "secret")
    let probe = RedisProbe(host: server.address, port: server.port, password: "secret")
    #expect(try await probe.loses("product:look", within: .milliseconds(200)) == false)
    let redis = RedisClient(RedisConfiguration(host: server.address, port: server.port, password: "secret"))
    #expect(try await redis.get("product:look") == nil, "nothing is left of the look")
    async let isGone = probe.loses("product:look", within: .seconds(30))
    try await eventually("somebody deletes it") { try await redis.unlink(matching: "product*") == 1 }
    #expect(try await isGone)
    await redis.shutDown()
    let wrong = RedisProbe(host: server.address, port: server.port, password: "wrong")
    await #expect(throws: RedisError.self) { try await wrong.loses("product:look", within: .milliseconds(200)) }
    await server.stop()
  }
}

import NIOCore
import ServiceKit
import Testing

@testable import Inventory

/// The cache's decisions, without a cache.
@Suite struct CachePolicyTests {
  @Test func onExpiryNeverRefreshesEarly() {
    #expect(!EarlyRefresh.never.isDue(now: 999, expiry: 1000, delta: 500, random: 0))
  }

  @Test func aheadRefreshesFromItsLeadOn() {
    let ahead = EarlyRefresh.ahead(milliseconds: 200)
    #expect(!ahead.isDue(now: 799, expiry: 1000, delta: 0, random: 0))
    #expect(ahead.isDue(now: 800, expiry: 1000, delta: 0, random: 0))
  }

  @Test func theSignOfProbabilisticRefreshIsRight() {
    let eager = EarlyRefresh.probabilistic(beta: 1)
    // -ln(0.01) is 4.6: a recomputation of 300 ms looks 1.38 s ahead.
    #expect(eager.isDue(now: 0, expiry: 1381, delta: 300, random: 0.01))
    #expect(!eager.isDue(now: 0, expiry: 1382, delta: 300, random: 0.01))
    #expect(eager.isDue(now: 0, expiry: 1_000_000, delta: 1, random: 0), "a draw of 0 is always due")
    #expect(!eager.isDue(now: 0, expiry: 1, delta: 300, random: 1), "a draw of 1 looks nowhere")
    #expect(eager.isDue(now: 1, expiry: 1, delta: 300, random: 1))
  }

  @Test func probabilisticRefreshIsDistributedAsThePaperSays() {
    // The chance that one look at `left` ms before expiry is due is exp(-left / (delta * beta)).
    let eager = EarlyRefresh.probabilistic(beta: 1)
    for (left, expected) in [(150, 0.607), (300, 0.368), (900, 0.0498), (3000, 0.00005)] {
      let draws = 100_000
      // Evenly spread in place of random, so that the figure is the same each time.
      let due = (0..<draws).count { draw in
        eager.isDue(now: 0, expiry: Int64(left), delta: 300, random: (Double(draw) + 0.5) / Double(draws))
      }
      #expect(abs(Double(due) / Double(draws) - expected) < 0.001, "\(left) ms before expiry")
    }
  }

  @Test func jitterOnlyShortens() {
    let jitter = TTLJitter(percent: 20)
    #expect(jitter.shorten(1000, random: 0) == 1000)
    #expect(jitter.shorten(1000, random: 0.5) == 900)
    #expect(jitter.shorten(1000, random: 1) == 800)
    #expect(TTLJitter(percent: 0).shorten(1000, random: 0.7) == 1000)
    #expect(TTLJitter(percent: 90).shorten(1, random: 1) == 1)
  }

  @Test func pausesGrowToALimit() {
    var pause = PollPause()
    let pauses = (0..<10).map { _ in pause.next(random: 1) }
    #expect(pauses.first == 10 && pauses.last == 100)
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
    var low = PollPause()
    #expect(low.next(random: 0) == 5)
  }

  @Test func theLocalCacheIsBoundedInTime() {
    var cache = LocalCache<Int>(capacity: 2)
    cache.put("a", 1, until: 100, now: 0)
    #expect(cache.get("a", now: 99) == 1)
    #expect(cache.get("a", now: 100) == nil)
    #expect(cache.count == 0, "what is over is dropped when it is asked for")
    cache.put("b", 2, until: 50, now: 50)
    #expect(cache.count == 0, "what is over already is not kept")
  }

  @Test func theLocalCacheIsBoundedInEntries() {
    var cache = LocalCache<Int>(capacity: 3)
    for number in 1...3 { cache.put("\(number)", number, until: Int64(100 * number), now: 0) }
    cache.put("4", 4, until: 150, now: 0)
    #expect(cache.count == 3 && cache.get("1", now: 0) == nil, "the one that ended first went")
    cache.put("2", 20, until: 400, now: 0)
    #expect(cache.count == 3 && cache.get("2", now: 0) == 20, "a new value needs no room")
    cache.put("5", 5, until: 500, now: 350)
    #expect(cache.count == 2, "what is over goes first: 3 and 4")
  }
}

/// What stands in Redis.
@Suite struct CacheEntryTests {
  private func entry(_ text: String) -> CacheEntry? { CacheEntry(bytes: Array(text.utf8)) }

  @Test func aPlainEntryIsItsJSON() throws {
    let plain = try #require(entry(#"{"sku":"A"}"#))
    #expect(plain.body == ByteBuffer(string: #"{"sku":"A"}"#))
    #expect(plain.expiry == nil && plain.isFresh(at: .max))
    #expect(CacheEntry(ByteBuffer(string: "{}")).bytes == Array("{}".utf8))
  }

  @Test func anEnvelopeComesBackAsItWent() throws {
    let sent = CacheEntry(ByteBuffer(string: #"{"sku":"A;B"}"#), expiry: 1_763_000_000_000, delta: 300)
    #expect(String(decoding: sent.bytes, as: UTF8.self) == #"v1;1763000000000;300;13;{"sku":"A;B"}"#)
    #expect(CacheEntry(bytes: sent.bytes) == sent)
    #expect(sent.isFresh(at: 1_762_999_999_999) && !sent.isFresh(at: 1_763_000_000_000))
    let nothing = CacheEntry(nil, expiry: 5, delta: 1)
    #expect(CacheEntry(bytes: nothing.bytes) == nothing)
  }

  @Test(arguments: [
    "", "null", "{", #"{"sku":"A""#, "v1", "v1;", "v1;1;2;", "v1;1;2;3;{}", "v1;1;2;1;{}", "v1;1;2;2;ab", "v1;x;2;2;{}",
    "v1;-1;2;2;{}", "v1;;2;2;{}", "v1;99999999999999999999;2;2;{}", "v2;1;2;2;{}", "v1;1;2;2;{]", "\u{0}\u{1}",
  ])
  func anythingElseIsAMiss(text: String) {
    #expect(entry(text) == nil)
  }
}

@Suite struct SingleFlightTests {
  @Test func fiftyShareOnePieceOfWorkAndItsFailure() async throws {
    let flights = SingleFlight<Int>()
    let (gate, open) = AsyncStream<Void>.makeStream()
    struct Broken: Error {}
    let joined = (0..<50).map { number in
      flights.join("key") {
        for await _ in gate {}
        if number == 0 { throw Broken() }
        return number
      }
    }
    #expect(joined.count { $0.isFirst } == 1)
    let other = flights.join("other") { 7 }
    #expect(other.isFirst)
    #expect(try await other.task.value == 7)
    open.finish()
    for (task, _) in joined { await #expect(throws: Broken.self) { try await task.value } }
    let next = flights.join("key") { 8 }
    #expect(next.isFirst, "a failure isn't kept")
    #expect(try await next.task.value == 8)
  }
}

@Suite struct CacheSettingsTests {
  private func read(_ more: [String: String]) -> (InventorySettings, [SettingsProblem]) {
    var reader = SettingsReader(environment: ["INVENTORY_DATABASE_HOST": "db"].merging(more) { $1 })
    let settings = InventorySettings(reading: &reader)
    return (settings, reader.problems)
  }

  @Test func theDefaultIsPlainCacheAside() {
    let (settings, problems) = read([:])
    #expect(problems.isEmpty)
    let cache = settings.cache
    #expect(cache.coalesce == .none && cache.lock == .none && cache.refresh == .onExpiry)
    #expect(cache.ttlJitter == 0 && cache.stale == .zero && cache.localTTL == .zero && cache.negativeTTL == .zero)
    #expect(!cache.needsSoftExpiry && cache.earlyRefresh == .never && cache.lockChecksOwner)
    #expect(settings.reservations.strategy == .pessimistic && settings.reservations.retry.sqlStates.isEmpty)
    #expect(settings.reservations.syncProducts == 0 && settings.reservations.syncBatch == 0)
  }

  @Test func everythingCanBeSet() {
    let (settings, problems) = read([
      "INVENTORY_REDIS_HOST": "redis", "INVENTORY_CACHE_TTL": "5000", "INVENTORY_CACHE_COALESCE": "instance",
      "INVENTORY_CACHE_LOCK": "redis", "INVENTORY_CACHE_LOCK_CHECK_OWNER": "no",
      "INVENTORY_CACHE_REFRESH": "probabilistic", "INVENTORY_CACHE_REFRESH_BETA": "1.5",
      "INVENTORY_CACHE_STALE": "2000", "INVENTORY_RESERVE_STRATEGY": "optimistic",
      "INVENTORY_RETRY_SQLSTATES": "40P01, 55P03", "INVENTORY_RESERVE_RETRIES": "8", "INVENTORY_SYNC_BATCH": "1",
    ])
    #expect(problems.isEmpty, "\(problems)")
    #expect(settings.cache.coalesce == .instance && settings.cache.lock == .redis && !settings.cache.lockChecksOwner)
    #expect(settings.cache.earlyRefresh == .probabilistic(beta: 1.5) && settings.cache.needsSoftExpiry)
    #expect(settings.reservations.retry == ConflictRetry(limit: 8, sqlStates: ["40P01", "55P03"]))
    #expect(settings.reservations.strategy == .optimistic && settings.reservations.syncBatch == 1)
  }

  @Test(arguments: [
    ["INVENTORY_CACHE_COALESCE": "fleet"], ["INVENTORY_CACHE_LOCK": "redis"], ["INVENTORY_CACHE_STALE": "100"],
    ["INVENTORY_CACHE_REFRESH": "ahead"], ["INVENTORY_RETRY_SQLSTATES": "40P01;55P03"],
    ["INVENTORY_RETRY_SQLSTATES": "deadlock"], ["INVENTORY_RESERVE_RETRIES": "-1"],
    ["INVENTORY_CACHE_LOCK_CHECK_OWNER": "maybe"],
    ["INVENTORY_REDIS_HOST": "r", "INVENTORY_CACHE_REFRESH": "ahead", "INVENTORY_CACHE_TTL": "1000"],
  ])
  func whatMakesNoSenseIsReported(settings: [String: String]) {
    #expect(read(settings).1.count == 1, "\(read(settings).1)")
  }
}

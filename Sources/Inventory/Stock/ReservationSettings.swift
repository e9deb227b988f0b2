public import ServiceKit

/// How reservations change stock at the same time as others, and how the sync job reconciles it.
///
/// - `INVENTORY_RESERVE_STRATEGY` (`pessimistic` or `optimistic`, default `pessimistic`): lock a cart's stock first
///   (`reserve-lock.sql`), or read it with its versions (`reserve-read.sql`) and change each line only if its version
///   is still the same (`reserve-update.sql`).
/// - `INVENTORY_RESERVE_RETRIES` (0 to 100, default 3): how often a transaction is begun again after a version had
///   changed, or after an error of the next setting.
/// - `INVENTORY_RETRY_SQLSTATES` (such as `40P01,55P03`, default none): errors of the database after which a
///   transaction on stock is begun again.
/// - `INVENTORY_RETRY_BACKOFF` (ms, default 10): the longest pause before the first retry; it doubles each time, up to
///   32 times as long, and each pause is drawn at random from nothing to that (full jitter).
/// - `INVENTORY_SYNC_PRODUCTS` (default 0: none): how many products' stock a run of the sync job reconciles with the
///   reservations that are held.
/// - `INVENTORY_SYNC_BATCH` (products, default 0: all of them): how many products a transaction of it reconciles.
public struct ReservationSettings: Sendable {
  /// How a cart's stock is kept from others.
  public enum Strategy: String, CaseIterable, Sendable {
    /// By locks taken before anything is changed.
    case pessimistic
    /// By versions that must not have changed.
    case optimistic
  }

  /// How a cart's stock is kept from others.
  public var strategy = Strategy.pessimistic
  /// When a transaction is begun again.
  public var retry = ConflictRetry()
  /// How many products a run of the sync job reconciles; 0: none.
  public var syncProducts = 0
  /// How many products a transaction of it reconciles; 0: all.
  public var syncBatch = 0

  /// Locks, and no retries.
  public init() {}

  /// Reads the settings named above.
  public init(reading reader: inout SettingsReader) {
    strategy = reader.choice("INVENTORY_RESERVE_STRATEGY", default: .pessimistic)
    let states = reader.text(
      "INVENTORY_RETRY_SQLSTATES", default: "", allowed: "SQLSTATEs of five digits or capitals, with commas between",
      where: { text in Self.words(text).allSatisfy(Self.isSQLState) })
    retry = ConflictRetry(
      limit: reader.integer("INVENTORY_RESERVE_RETRIES", default: 3, in: 0...100, unit: "retries"),
      sqlStates: Set(Self.words(states)),
      backoff: reader.milliseconds("INVENTORY_RETRY_BACKOFF", default: 10, in: 1...10_000))
    syncProducts = reader.integer("INVENTORY_SYNC_PRODUCTS", default: 0, in: 0...10_000, unit: "products")
    syncBatch = reader.integer("INVENTORY_SYNC_BATCH", default: 0, in: 0...10_000, unit: "products")
  }

  private static func words(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: true).map { word in
      String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  private static func isSQLState(_ word: String) -> Bool {
    word.utf8.count == 5 && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
  }
}

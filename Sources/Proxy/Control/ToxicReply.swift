/// A toxic as the API shows it: what was asked for, and how long it still lasts.
struct ToxicReply: Codable, Sendable, Equatable {
  var id: String
  var link: String
  var kind: String
  /// `upstream`, `downstream` or `both`; nil for kinds that act on whole connections.
  var direction: String?
  var probability: Double
  var seed: UInt64
  var leaseSeconds: Int
  /// What is left of the lease, in ms.
  var expiresInMS: Int
  var latencyMS: Int?
  var jitterMS: Int?
  var bytesPerSecond: Int?
  var afterMS: Int?
  var afterBytes: Int?
  var delayMS: Int?
  var established: String?
  var count: Int?
  /// Of a `fail_first`: how many connections it has ended.
  var failed: Int?
  var bytes: Int?

  enum CodingKeys: String, CodingKey {
    case id, link, kind, direction, probability, seed, established, count, failed, bytes
    case leaseSeconds = "lease_seconds"
    case expiresInMS = "expires_in_ms"
    case latencyMS = "latency_ms"
    case jitterMS = "jitter_ms"
    case bytesPerSecond = "bytes_per_second"
    case afterMS = "after_ms"
    case afterBytes = "after_bytes"
    case delayMS = "delay_ms"
  }

  init(_ active: ActiveToxic, now: UInt64) {
    let toxic = active.toxic
    id = toxic.id
    link = toxic.link
    kind = toxic.kind.word
    probability = toxic.probability
    seed = toxic.seed
    leaseSeconds = toxic.leaseSeconds
    expiresInMS = active.expires > now ? Self.milliseconds(active.expires - now) : 0
    if toxic.kind.hasDirection {
      direction = toxic.directions.count == 2 ? "both" : toxic.directions.first.map { "\($0)" }
    }
    switch toxic.kind {
    case .latency(let delay, let jitter):
      latencyMS = Self.milliseconds(delay)
      jitterMS = Self.milliseconds(jitter)
    case .bandwidth(let rate): bytesPerSecond = rate
    case .resetAfterTime(let time): afterMS = Self.milliseconds(time)
    case .resetAfterBytes(let count): afterBytes = count
    case .blackhole: break
    case .slowClose(let delay): delayMS = Self.milliseconds(delay)
    case .refuse(let resets): established = resets ? "reset" : "keep"
    case .failFirst(let count):
      self.count = count
      failed = active.failed
    case .limitBytes(let count): bytes = count
    case .timeout(let time): afterMS = time.map(Self.milliseconds)
    }
  }

  private static func milliseconds(_ nanoseconds: UInt64) -> Int { Int(nanoseconds / 1_000_000) }
}
